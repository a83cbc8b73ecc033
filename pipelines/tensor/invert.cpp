// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/invert.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipelines/tensor/discrete.h"
#include "pipelines/tensor/resample.h"
#include "pipelines/tensor/spatial.h"

namespace inferad::tensor {
namespace {

// What of Invert's arguments matters here.
struct What {
  std::string key, original;
  bool nearest = true;

  explicit What(Arguments& arguments) : key(arguments.key()) {
    arguments.ignore({"transform", "meta_keys", "orig_meta_keys", "meta_key_postfix", "to_tensor", "device"});
    arguments.unsupported({"post_func"});
    original = arguments.text("orig_keys", key);
    nearest = arguments.flag("nearest_interp", true);
  }
};

class Invert : public Transform {
 public:
  explicit Invert(Arguments& arguments) : what_(arguments) {}

  Status apply(Sample& sample) const override {
    INFERAD_TRY(Volume * volume, entry(sample, what_.key));
    INFERAD_TRY(const Volume* found, entry(sample, what_.original));
    const Volume original = *found;  // both may be the same entry
    INFERAD_TRY(*volume, invert(std::move(*volume), original, what_.nearest));
    return ok();
  }

 private:
  What what_;
};

class InvertArgmax : public Transform {
 public:
  InvertArgmax(What what, bool byte_labels) : what_(std::move(what)), byte_labels_(byte_labels) {}

  Status apply(Sample& sample) const override {
    INFERAD_TRY(Volume * volume, entry(sample, what_.key));
    INFERAD_TRY(const Volume* found, entry(sample, what_.original));
    const Volume original = *found;
    INFERAD_TRY(*volume, invert_argmax(std::move(*volume), original));
    if (!byte_labels_) volume->data = volume->data.to(at::kFloat);
    return ok();
  }

 private:
  What what_;
  bool byte_labels_;
};

Status check_shapes(const Volume& prediction, const Volume& original) {
  INFERAD_TRY_STATUS(check_spatial(prediction));
  INFERAD_TRY_STATUS(check_spatial(original));
  const auto own = spatial_shape(prediction), expected = spatial_shape(original);
  if (own == expected) return ok();
  return Error{Errc::model, fmt::format("the prediction has the shape [{}], its image [{}]", fmt::join(own, ", "),
                                        fmt::join(expected, ", "))};
}

constexpr Maker kMakers[] = {{"Invert", make<Invert>}};

}  // namespace

Result<Volume> invert(Volume prediction, const Volume& original, bool nearest) {
  INFERAD_TRY_STATUS(check_shapes(prediction, original));
  prediction.affine = original.affine;
  prediction.done.clear();
  for (auto step = original.done.rbegin(); step != original.done.rend(); ++step) {
    INFERAD_TRY(prediction, step->transform->undo(std::move(prediction), *step, nearest));
  }
  return prediction;
}

namespace {

at::Tensor to_labels(const at::Tensor& data) { return argmax_channels(data, at::kByte); }

// `to_bytes` makes bytes of floats, `undo_last` does so while it undoes the last step that resamples: afterwards voxels
// only move.
Result<Volume> invert_to_bytes(Volume prediction, const Volume& original, at::Tensor (*to_bytes)(const at::Tensor&),
                               Result<Volume> (Transform::*undo_last)(Volume, const Done&) const) {
  INFERAD_TRY_STATUS(check_shapes(prediction, original));
  prediction.affine = original.affine;
  prediction.done.clear();
  auto resampling = std::count_if(original.done.begin(), original.done.end(),
                                  [](const Done& done) { return !done.transform->moves_only(); });
  if (resampling == 0) prediction.data = to_bytes(prediction.data);
  for (auto step = original.done.rbegin(); step != original.done.rend(); ++step) {
    const auto& transform = *step->transform;
    const bool last = !transform.moves_only() && --resampling == 0;
    auto undone = last ? (transform.*undo_last)(std::move(prediction), *step)
                       : transform.undo(std::move(prediction), *step, false);
    INFERAD_TRY(prediction, std::move(undone));
  }
  return prediction;
}

}  // namespace

Result<Volume> invert_argmax(Volume prediction, const Volume& original) {
  if (prediction.data.dim() > 0 && prediction.data.size(0) > 256) return Error{Errc::model, "more than 256 channels"};
  return invert_to_bytes(std::move(prediction), original, to_labels, &Transform::undo_to_labels);
}

Result<Volume> invert_fractions(Volume prediction, const Volume& original) {
  return invert_to_bytes(std::move(prediction), original, to_fractions, &Transform::undo_to_fractions);
}

bool is_invert_argmax(const recipe::Step& invert, const recipe::Step& as_discrete) {
  const auto is_flag = [](const recipe::Step& step, const char* name, bool value) {
    const auto found = step.arguments.find(name);
    const auto* flag = found == step.arguments.end() ? nullptr : std::get_if<bool>(&found->second.is);
    return flag != nullptr && *flag == value;
  };
  const auto others = std::count_if(as_discrete.arguments.begin(), as_discrete.arguments.end(),
                                    [](const auto& argument) { return !argument.second.is_none(); });
  return invert.target == "Invert" && as_discrete.target == "AsDiscrete" && invert.keys.size() == 1 &&
         invert.keys == as_discrete.keys && is_flag(invert, "nearest_interp", false) &&
         is_flag(as_discrete, "argmax", true) && others == 1;
}

std::shared_ptr<const Transform> make_invert_argmax(const recipe::Step& invert, bool byte_labels) {
  Arguments arguments(invert);
  return std::make_shared<const InvertArgmax>(What(arguments), byte_labels);
}

std::span<const Maker> invert_makers() { return kMakers; }

}  // namespace inferad::tensor
