// SPDX-License-Identifier: Apache-2.0
// Lambda, and the transforms that join, copy and remove entries of a sample.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "pipelines/tensor/function.h"
#include "pipelines/tensor/makers.h"

namespace inferad::tensor {

namespace {

class Lambda : public TensorTransform {
 public:
  explicit Lambda(Arguments& arguments) : TensorTransform(arguments.key()) {
    arguments.ignore({"inv_func", "track_meta"});  // Invert does not come here: nothing moved
    if (!arguments.flag("overwrite", true)) arguments.refuse("overwrite", "must be true");
    arguments.require("func");
    const auto* written = arguments.value("func");
    if (const auto* list = written ? std::get_if<recipe::List>(&written->is) : nullptr)  // one for each key
      written = list->size() == arguments.step().keys.size() ? &list->at(arguments.key_index()) : nullptr;
    const auto* function = written ? std::get_if<recipe::Function>(&written->is) : nullptr;
    if (function == nullptr || function->body == nullptr)
      arguments.refuse("func", "must be a function of one argument");
    else
      function_ = *function;
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override { return call(function_, data); }

  recipe::Function function_;
};

// Several entries as the channels of one, which stands where the first of them stands.
class ConcatItems : public Transform {
 public:
  explicit ConcatItems(Arguments& arguments)
      : keys_(arguments.step().keys),
        name_(arguments.text("name", "")),
        axis_(arguments.integer("dim", 0)),
        allow_missing_(arguments.flag("allow_missing_keys", false)) {
    arguments.require("name");
  }

  Status apply(Sample& sample) const override {
    std::vector<at::Tensor> parts;
    Volume first;
    for (const auto& key : keys_) {
      if (allow_missing_ && !sample.contains(key)) continue;
      INFERAD_TRY(const Volume* volume, entry(sample, key));
      if (parts.empty()) first = *volume;
      parts.push_back(volume->data);
    }
    if (parts.empty()) return ok();
    for (const auto& part : parts)
      if (part.dim() != parts[0].dim())
        return Error{Errc::model, fmt::format("`{}`: entries have {} and {} axes", name_, parts[0].dim(), part.dim())};
    first.data = at::cat(parts, axis_);
    sample[name_] = std::move(first);
    return ok();
  }

 private:
  std::vector<std::string> keys_;
  std::string name_;
  std::int64_t axis_;
  bool allow_missing_;
};

class DeleteItems : public Transform {
 public:
  explicit DeleteItems(Arguments& arguments) : keys_(arguments.step().keys) {
    arguments.ignore({"sep"});
    arguments.unsupported({"use_re"});
  }

  Status apply(Sample& sample) const override {
    for (const auto& key : keys_) sample.erase(key);
    return ok();
  }

 private:
  std::vector<std::string> keys_;
};

constexpr Maker kMakers[] = {
    {"Lambda", make<Lambda>},
    {"ConcatItems", make<ConcatItems>, true},
    {"DeleteItems", make<DeleteItems>, true},
};

}  // namespace

std::span<const Maker> entry_makers() { return kMakers; }

}  // namespace inferad::tensor
