// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "pipelines/tensor/cleaning.h"
#include "pipelines/tensor/discrete.h"
#include "pipelines/tensor/invert.h"
#include "pipelines/tensor/makers.h"
#include "pipelines/tensor/resample.h"

namespace inferad::tensor {
namespace {

using Made = std::shared_ptr<const Transform>;
using Table = std::map<std::string_view, const Maker*>;

const Table& table() {
  static const Table made = [] {
    Table result;
    for (const auto& makers : {housekeeping_makers(), intensity_makers(), radiology_makers(), discrete_makers(),
                               label_makers(), entry_makers(), orientation_makers(), spacing_makers(), resize_makers(),
                               pad_makers(), crop_makers(), smooth_makers(), invert_makers()})
      for (const auto& maker : makers) INFERAD_CHECK(result.emplace(maker.target, &maker).second);
    return result;
  }();
  return made;
}

// A step of several keys, or one whose keys may be absent.
class EachKey : public Transform {
 public:
  struct Part {
    std::string key;
    std::shared_ptr<const Transform> transform;
  };
  EachKey(std::vector<Part> parts, bool allow_missing) : parts_(std::move(parts)), allow_missing_(allow_missing) {}

  Status apply(Sample& sample) const override {
    for (const auto& [key, transform] : parts_) {
      if (allow_missing_ && !sample.contains(key)) continue;
      INFERAD_TRY_STATUS(transform->apply(sample));
    }
    return ok();
  }

 private:
  std::vector<Part> parts_;
  bool allow_missing_;
};

// Gives errors the step's place.
class Placed : public Transform {
 public:
  Placed(std::string where, std::shared_ptr<const Transform> transform)
      : where_(std::move(where)), transform_(std::move(transform)) {}

  Status apply(Sample& sample) const override {
    auto status = transform_->apply(sample);
    if (!status) return with_context(std::move(status).error(), where_);
    return status;
  }

 private:
  std::string where_;
  std::shared_ptr<const Transform> transform_;
};

Made placed(const recipe::Step& step, Made transform) {
  return std::make_shared<const Placed>(fmt::format("{}: {}", step.where, step.target), std::move(transform));
}

Result<std::shared_ptr<const Transform>> make_for_keys(const Maker& maker, const recipe::Step& step) {
  std::vector<EachKey::Part> parts;
  bool allow_missing = false;
  for (std::size_t i = 0; i < step.keys.size(); ++i) {
    Arguments arguments(step, i);
    allow_missing = arguments.flag("allow_missing_keys", false);
    auto made = maker.make(arguments);
    INFERAD_TRY_STATUS(arguments.finish());
    parts.push_back({step.keys[i], std::move(made)});
  }
  if (parts.empty()) return Error{Errc::invalid_input, fmt::format("{}: {} names no keys", step.where, step.target)};
  if (parts.size() == 1 && !allow_missing) return parts.front().transform;
  return Made(std::make_shared<const EachKey>(std::move(parts), allow_missing));
}

Result<std::shared_ptr<const Transform>> make_for_step(const Maker& maker, const recipe::Step& step) {
  Arguments arguments(step);
  auto made = maker.make(arguments);
  INFERAD_TRY_STATUS(arguments.finish());
  return made;
}

}  // namespace

Result<Volume> Transform::undo(Volume, const Done&, bool) const {
  INFERAD_CHECK(!"only spatial transforms record what they did");
  return Volume{};
}

Result<Volume> Transform::undo_to_labels(Volume volume, const Done& done) const {
  INFERAD_TRY(volume, undo(std::move(volume), done, false));
  volume.data = argmax_channels(volume.data, at::kByte);
  return volume;
}

Result<Volume> Transform::undo_to_fractions(Volume volume, const Done& done) const {
  INFERAD_TRY(volume, undo(std::move(volume), done, false));
  volume.data = to_fractions(volume.data);
  return volume;
}

bool knows_transform(std::string_view target) { return table().contains(target); }

bool cleans_labels(std::string_view target) {
  const auto makers = label_makers();
  return std::any_of(makers.begin(), makers.end(), [&](const Maker& maker) { return maker.target == target; });
}

Result<std::shared_ptr<const Transform>> make_transform(const recipe::Step& step) {
  const auto found = table().find(step.target);
  if (found == table().end())
    return Error{Errc::invalid_input, fmt::format("{}: transform `{}` is not supported", step.where, step.target)};
  const Maker& maker = *found->second;
  INFERAD_TRY(auto made, maker.whole_step ? make_for_step(maker, step) : make_for_keys(maker, step));
  return placed(step, std::move(made));
}

Result<Chain> make_chain(const std::vector<recipe::Step>& steps, bool byte_labels) {
  Chain chain;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFERAD_TRY(auto made, make_transform(steps[i]));
    if (i > 0 && is_invert_argmax(steps[i - 1], steps[i])) {
      const bool last = std::all_of(steps.begin() + static_cast<std::ptrdiff_t>(i) + 1, steps.end(),
                                    [](const auto& step) { return step.target == "SaveImage"; });
      chain.back() = placed(steps[i - 1], make_invert_argmax(steps[i - 1], byte_labels && last));
    } else {
      chain.push_back(std::move(made));
    }
  }
  return chain;
}

Status apply(const Chain& chain, Sample& sample) {
  for (const auto& transform : chain) INFERAD_TRY_STATUS(transform->apply(sample));
  return ok();
}

Result<Volume*> entry(Sample& sample, const std::string& key) {
  const auto found = sample.find(key);
  if (found == sample.end()) return Error{Errc::model, fmt::format("there is no entry `{}`", key)};
  return &found->second;
}

Status VolumeTransform::apply(Sample& sample) const {
  INFERAD_TRY(Volume * volume, entry(sample, key_));
  return change(*volume);
}

Status TensorTransform::change(Volume& volume) const {
  INFERAD_TRY(volume.data, map(volume.data));
  return ok();
}

}  // namespace inferad::tensor
