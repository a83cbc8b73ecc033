// SPDX-License-Identifier: Apache-2.0
// Activations and AsDiscrete.
#include "pipelines/tensor/discrete.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "pipelines/tensor/makers.h"
#include "pipelines/tensor/parallel.h"

namespace inferad::tensor {

namespace {

constexpr std::int64_t kBlock = 4096;  // elements whose best value and channel stay in the nearest cache
constexpr std::int64_t kGrain = 1 << 16;

// `data`: channels rows of `size` elements.
template <class Label>
void argmax_rows(const float* data, std::int64_t channels, std::int64_t size, Label* labels) {
  in_parallel(size, kGrain, [=](std::int64_t begin, std::int64_t end) {
    std::array<float, kBlock> best;
    std::array<std::int32_t, kBlock> where;
    for (; begin < end; begin += kBlock) {
      const auto count = std::min(kBlock, end - begin);
      std::copy_n(data + begin, count, best.begin());
      std::fill_n(where.begin(), count, 0);
      for (std::int64_t c = 1; c < channels; ++c) {
        const float* row = data + c * size + begin;
        for (std::int64_t n = 0; n < count; ++n) {
          const auto at = static_cast<std::size_t>(n);
          // Also for NaN, which is not <= anything, unless NaN was the best already.
          const bool better = !(row[n] <= best[at]) && best[at] == best[at];
          best[at] = better ? row[n] : best[at];
          where[at] = better ? static_cast<std::int32_t>(c) : where[at];
        }
      }
      std::transform(where.begin(), where.begin() + count, labels + begin,
                     [](auto c) { return static_cast<Label>(c); });
    }
  });
}

class Activations : public TensorTransform {
 public:
  explicit Activations(Arguments& arguments)
      : TensorTransform(arguments.key()),
        sigmoid_(arguments.flag("sigmoid", false)),
        softmax_(arguments.flag("softmax", false)),
        axis_(arguments.integer("dim", 0)) {
    arguments.unsupported({"other"});
    if (sigmoid_ && softmax_) arguments.refuse("softmax", "must not be true together with sigmoid");
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    auto result = data.to(at::kFloat);
    if (sigmoid_) result = at::sigmoid(result);
    if (softmax_) result = at::softmax(result, axis_);
    return result.to(data.scalar_type());
  }

  bool sigmoid_, softmax_;
  std::int64_t axis_;
};

class AsDiscrete : public TensorTransform {
 public:
  explicit AsDiscrete(Arguments& arguments)
      : TensorTransform(arguments.key()),
        argmax_(arguments.flag("argmax", false)),
        classes_(arguments.integer("to_onehot", 0)),
        threshold_(arguments.optional_number("threshold")),
        axis_(arguments.integer("dim", 0)),
        axis_kept_(arguments.flag("keepdim", true)),
        type_(arguments.dtype("dtype").value_or(at::kFloat)) {
    if (classes_ < 0) arguments.refuse("to_onehot", "must be a number of classes");
    round_ = !arguments.text("rounding", "").empty();
    if (round_) arguments.one_of("rounding", "", {"torchrounding"});
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    auto result = data;
    if (argmax_) {
      if (axis_ == 0 && axis_kept_)
        result = argmax_channels(result, classes_ > 0 ? at::kLong : type_);
      else
        result = at::argmax(result, axis_, axis_kept_);
    }
    if (classes_ > 0) {
      INFERAD_TRY(result, one_hot(result));
    }
    if (threshold_) result = result.ge(*threshold_);
    if (round_) result = at::round(result);
    return result.to(type_);
  }

  Result<at::Tensor> one_hot(at::Tensor labels) const {
    while (labels.dim() <= axis_) labels = labels.unsqueeze(-1);
    if (labels.dim() == 0 || labels.size(axis_) != 1)
      return Error{Errc::model, fmt::format("axis {} of a label map must have length 1", axis_)};
    labels = labels.to(at::kLong);
    if (labels.numel() > 0 && (labels.min().item<std::int64_t>() < 0 || labels.max().item<std::int64_t>() >= classes_))
      return Error{Errc::model, fmt::format("a label is not one of {} classes", classes_)};
    auto shape = labels.sizes().vec();
    shape[static_cast<std::size_t>(axis_ < 0 ? axis_ + labels.dim() : axis_)] = classes_;
    return at::zeros(shape, labels.options().dtype(type_)).scatter_(axis_, labels, 1);
  }

  bool argmax_;
  std::int64_t classes_;
  std::optional<double> threshold_;
  std::int64_t axis_;
  bool axis_kept_, round_ = false;
  at::ScalarType type_;
};

constexpr Maker kMakers[] = {
    {"Activations", make<Activations>},
    {"AsDiscrete", make<AsDiscrete>},
};

}  // namespace

at::Tensor argmax_channels(const at::Tensor& data, at::ScalarType type) {
  const bool direct = type == at::kFloat || type == at::kByte || type == at::kLong;
  if (!direct || !data.is_cpu() || data.scalar_type() != at::kFloat || data.dim() == 0 || data.numel() == 0 ||
      (type == at::kByte && data.size(0) > 256))
    return at::argmax(data, 0, true).to(type);
  const auto input = data.contiguous();
  auto shape = input.sizes().vec();
  shape[0] = 1;
  auto labels = at::empty(shape, input.options().dtype(type));
  AT_DISPATCH_ALL_TYPES(type, "argmax_channels", [&] {
    argmax_rows(input.data_ptr<float>(), input.size(0), labels.numel(), labels.data_ptr<scalar_t>());
  });
  return labels;
}

std::span<const Maker> discrete_makers() { return kMakers; }

}  // namespace inferad::tensor
