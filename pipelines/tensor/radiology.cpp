// SPDX-License-Identifier: Apache-2.0
// Intensity steps beyond MONAI's vocabulary, in the words of DICOM and of the models' own papers. Results are float32.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "pipelines/tensor/antialias.h"
#include "pipelines/tensor/intensity.h"
#include "pipelines/tensor/makers.h"
#include "pipelines/tensor/parallel.h"
#include "pipelines/tensor/pieces.h"
#include "pipelines/tensor/quantile.h"

namespace inferad::tensor {

namespace {

// From two quantiles, by numpy's definition in float64, to [b_min, b_max].
class ScaleIntensityQuantiles : public TensorTransform {
 public:
  explicit ScaleIntensityQuantiles(Arguments& arguments)
      : TensorTransform(arguments.key()),
        min_(arguments.number("b_min", 0)),
        max_(arguments.number("b_max", 1)),
        clip_(arguments.flag("clip", true)),
        channel_wise_(arguments.flag("channel_wise", false)) {
    for (const auto* name : {"lower", "upper"}) {
      arguments.require(name);
      fractions_.push_back(arguments.number(name, 0));
      if (fractions_.back() < 0 || fractions_.back() > 1) arguments.refuse(name, "must be between 0 and 1");
    }
    if (fractions_[0] > fractions_[1]) arguments.refuse("upper", "must not be below lower");
    if (min_ >= max_) arguments.refuse("b_max", "must be above b_min");
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    if (data.numel() == 0) return Error{Errc::model, "the tensor has no elements"};
    if (!channel_wise_) return scaled(data);
    std::vector<at::Tensor> channels;
    for (std::int64_t c = 0; c < data.size(0); ++c) channels.push_back(scaled(data[c]));
    return at::stack(channels);
  }

  at::Tensor scaled(const at::Tensor& data) const {
    const auto found = numpy_quantiles(data, fractions_);
    Rescale how{found[0], found[1] - found[0], max_ - min_, min_, {}, {}};
    if (clip_) how.clamp_min = min_, how.clamp_max = max_;
    return rescale(data, how, at::kFloat);
  }

  double min_, max_;
  bool clip_, channel_wise_;
  std::vector<double> fractions_;
};

// (v - mean) / std with numbers for each channel, or one for all.
class NormalizeMeanDeviation : public TensorTransform {
 public:
  explicit NormalizeMeanDeviation(Arguments& arguments)
      : TensorTransform(arguments.key()), mean_(arguments.numbers("mean")), std_(arguments.numbers("std")) {
    arguments.require("mean"), arguments.require("std");
    for (const auto value : std_)
      if (!(value > 0)) arguments.refuse("std", "must be above 0");
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    const auto channels = data.dim() > 0 ? static_cast<std::size_t>(data.size(0)) : 0;
    for (const auto* list : {&mean_, &std_})
      if (list->size() != 1 && list->size() != channels)
        return Error{Errc::model, fmt::format("{} channels, but {} numbers", channels, list->size())};
    std::vector<at::Tensor> result;
    for (std::size_t c = 0; c < channels; ++c) {
      const Rescale how{mean_[mean_.size() == 1 ? 0 : c], std_[std_.size() == 1 ? 0 : c], {}, 0, {}, {}};
      result.push_back(rescale(data[static_cast<std::int64_t>(c)], how, at::kFloat));
    }
    return at::stack(result);
  }

  std::vector<double> mean_, std_;
};

// Each channel `repeats` times: grey to RGB.
class RepeatChannel : public TensorTransform {
 public:
  explicit RepeatChannel(Arguments& arguments)
      : TensorTransform(arguments.key()), repeats_(arguments.integer("repeats", 1)) {
    arguments.require("repeats");
    if (repeats_ < 1 || repeats_ > 1024) arguments.refuse("repeats", "must be between 1 and 1024");
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override { return data.repeat_interleave(repeats_, 0); }

  std::int64_t repeats_;
};

// DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3, to [output_min, output_max].
class VoiWindow : public TensorTransform {
 public:
  explicit VoiWindow(Arguments& arguments)
      : TensorTransform(arguments.key()),
        function_(arguments.one_of("function", "LINEAR", {"LINEAR", "LINEAR_EXACT", "SIGMOID"})),
        center_(arguments.number("center", 0)),
        width_(arguments.number("width", 1)),
        min_(arguments.number("output_min", 0)),
        max_(arguments.number("output_max", 1)) {
    arguments.require("center"), arguments.require("width");
    if (!(width_ > 0) || (function_ == "LINEAR" && width_ < 1))
      arguments.refuse("width", function_ == "LINEAR" ? "must be at least 1" : "must be above 0");
    if (min_ >= max_) arguments.refuse("output_max", "must be above output_min");
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    if (function_ == "SIGMOID") return sigmoid(data);
    const double span = function_ == "LINEAR" ? width_ - 1 : width_;
    const double first = function_ == "LINEAR" ? center_ - 0.5 - span / 2 : center_ - span / 2;
    if (span == 0) return data.gt(first).to(at::kFloat).mul_(max_ - min_).add_(min_);  // a threshold
    return rescale(data, {first, span, max_ - min_, min_, min_, max_}, at::kFloat);
  }

  Result<at::Tensor> sigmoid(const at::Tensor& data) const {
    return map_pieces(data, at::kFloat, [&](at::Tensor& out, const at::Tensor& in) {
      out.copy_(in).sub_(center_).mul_(4 / width_).sigmoid_().mul_(max_ - min_).add_(min_);
    });
  }

  std::string function_;
  double center_, width_, min_, max_;
};

// minimum + maximum - v: what MONOCHROME1 asks for, after a window to [minimum, maximum].
class InvertIntensity : public TensorTransform {
 public:
  explicit InvertIntensity(Arguments& arguments)
      : TensorTransform(arguments.key()), sum_(arguments.number("minimum", 0) + arguments.number("maximum", 1)) {}

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    return map_pieces(data, at::kFloat,
                      [&](at::Tensor& out, const at::Tensor& in) { out.copy_(in).neg_().add_(sum_); });
  }

  double sum_;
};

class ClipIntensity : public TensorTransform {
 public:
  explicit ClipIntensity(Arguments& arguments)
      : TensorTransform(arguments.key()),
        how_{0, 1, {}, 0, arguments.optional_number("minimum"), arguments.optional_number("maximum")} {
    if (!how_.clamp_min && !how_.clamp_max) arguments.refuse("minimum", "or `maximum` must be there");
    if (how_.clamp_min && how_.clamp_max && *how_.clamp_min > *how_.clamp_max)
      arguments.refuse("maximum", "must not be below minimum");
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override { return rescale(data, how_, at::kFloat); }

  Rescale how_;
};

// v + offset.
class ShiftIntensity : public TensorTransform {
 public:
  explicit ShiftIntensity(Arguments& arguments)
      : TensorTransform(arguments.key()), offset_(arguments.number("offset", 0)) {
    arguments.require("offset");
    arguments.unsupported({"safe"});
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    return map_pieces(data, at::kFloat, [&](at::Tensor& out, const at::Tensor& in) { out.copy_(in).add_(offset_); });
  }

  double offset_;
};

// Bilinear with a filter as wide as the step, what Pillow's and torchvision's resize do to photographs; MONAI's
// anti_aliasing smooths by a Gaussian instead. [channel, rows, columns]; for inputs of classifiers: the affine stays.
class ResizeAntialiasing : public TensorTransform {
 public:
  explicit ResizeAntialiasing(Arguments& arguments)
      : TensorTransform(arguments.key()), size_(arguments.integers("spatial_size")) {
    arguments.require("spatial_size");
    if (size_.size() != 2 || size_[0] < 1 || size_[1] < 1) arguments.refuse("spatial_size", "must be two numbers");
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    if (data.dim() != 3) return Error{Errc::model, "ResizeAntialiasing needs an image of two dimensions"};
    const auto image = data.to(at::kFloat);
    if (!image.is_cpu()) return at::_upsample_bilinear2d_aa(image.unsqueeze(0), size_, false).squeeze(0);
    return resized(resized(image, size_[0]).transpose(1, 2), size_[1]).transpose(1, 2).contiguous();
  }

  // The rows of [channel, rows, columns], in half the time that LibTorch takes.
  static at::Tensor resized(const at::Tensor& image, std::int64_t rows) {
    constexpr std::int64_t kGrain = 32;
    const AntialiasedRows made(image.size(1), rows);
    const auto in = image.contiguous();
    auto out = at::empty({in.size(0), rows, in.size(2)}, in.options());
    for (std::int64_t c = 0; c < in.size(0); ++c) {
      const auto* from = in[c].data_ptr<float>();
      auto* to = out[c].data_ptr<float>();
      in_parallel(rows, kGrain,
                  [&](std::int64_t begin, std::int64_t end) { made.apply(from, in.size(2), begin, end, to); });
    }
    return out;
  }

  std::vector<std::int64_t> size_;
};

constexpr Maker kMakers[] = {
    {"ScaleIntensityQuantiles", make<ScaleIntensityQuantiles>},
    {"NormalizeMeanDeviation", make<NormalizeMeanDeviation>},
    {"RepeatChannel", make<RepeatChannel>},
    {"VoiWindow", make<VoiWindow>},
    {"InvertIntensity", make<InvertIntensity>},
    {"ClipIntensity", make<ClipIntensity>},
    {"ShiftIntensity", make<ShiftIntensity>},
    {"ResizeAntialiasing", make<ResizeAntialiasing>},
};

}  // namespace

std::span<const Maker> radiology_makers() { return kMakers; }

}  // namespace inferad::tensor
