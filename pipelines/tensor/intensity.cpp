// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/intensity.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <mutex>
#include <utility>

#include "pipelines/tensor/makers.h"
#include "pipelines/tensor/parallel.h"
#include "pipelines/tensor/pieces.h"
#include "pipelines/tensor/quantile.h"

namespace inferad::tensor {

namespace {

constexpr std::int64_t kGrain = 1 << 18;

// Sums of the differences from the first element that counts: a constant image has exactly no deviation.
template <class T>
Moments moments_of(const T* data, std::int64_t size, bool nonzero) {
  std::int64_t first = 0;
  while (nonzero && first < size && data[first] == 0) ++first;
  if (first == size) return {};
  const double origin = data[first];
  std::mutex adding;
  double sum = 0, squares = 0;
  std::int64_t count = 0;
  in_parallel(size, kGrain, [&](std::int64_t begin, std::int64_t end) {
    double my_sum = 0, my_squares = 0;
    std::int64_t my_count = 0;
    for (auto n = begin; n < end; ++n) {
      const bool counts = !nonzero || data[n] != 0;
      const double difference = counts ? data[n] - origin : 0.0;
      my_sum += difference;
      my_squares += difference * difference;
      my_count += counts ? 1 : 0;
    }
    const std::lock_guard lock(adding);
    sum += my_sum, squares += my_squares, count += my_count;
  });
  const double shift = sum / static_cast<double>(count);
  const double variance = squares / static_cast<double>(count) - shift * shift;
  return {origin + shift, std::isnan(variance) ? variance : std::sqrt(std::max(0.0, variance)), count};
}

// f(channel) for each, or f(all); the parts together as one tensor.
template <class F>
Result<at::Tensor> channel_wise(const at::Tensor& data, bool each, F f) {
  if (!each) return f(data, 0);
  if (data.dim() == 0) return Error{Errc::model, "the tensor has no channel axis"};
  std::vector<at::Tensor> channels;
  for (std::int64_t c = 0; c < data.size(0); ++c) {
    INFERAD_TRY(auto channel, f(data[c], static_cast<std::size_t>(c)));
    channels.push_back(std::move(channel));
  }
  return at::stack(channels);
}

// MONAI: absent means float32, none keeps the input's.
std::optional<at::ScalarType> output_type(Arguments& arguments) {
  const bool kept = arguments.step().arguments.contains("dtype") && arguments.value("dtype") == nullptr;
  return kept ? std::nullopt : std::optional(arguments.dtype("dtype").value_or(at::kFloat));
}

at::ScalarType or_own(std::optional<at::ScalarType> type, const at::Tensor& data) {
  return type.value_or(data.scalar_type());
}

class ScaleIntensity : public TensorTransform {
 public:
  explicit ScaleIntensity(Arguments& arguments) : TensorTransform(arguments.key()) {
    const auto bound = [&](std::string_view name, double fallback) {
      const bool written = arguments.step().arguments.contains(std::string(name));
      return written ? arguments.optional_number(name) : std::optional(fallback);
    };
    minv_ = bound("minv", 0), maxv_ = bound("maxv", 1);
    factor_ = arguments.optional_number("factor");
    channel_wise_ = arguments.flag("channel_wise", false);
    type_ = output_type(arguments);
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    const auto type = or_own(type_, data);
    if (!minv_ && !maxv_) return (factor_ ? data * (1 + *factor_) : data).to(type);
    return channel_wise(type_ ? data.to(*type_) : data, channel_wise_,
                        [&](const at::Tensor& part, std::size_t) { return between(part, type); });
  }

  Result<at::Tensor> between(const at::Tensor& data, at::ScalarType type) const {
    if (data.numel() == 0) return data;
    const auto [low, high] = at::aminmax(data);
    if (low.equal(high)) return (minv_ ? data * *minv_ : data).to(type);
    Rescale how{low.item<double>(), (high - low).item<double>(), {}, 0, {}, {}};
    if (minv_ && maxv_) how.out_span = *maxv_ - *minv_, how.out_min = *minv_;
    return rescale(data, how, type);
  }

  std::optional<double> minv_, maxv_, factor_;
  bool channel_wise_ = false;
  std::optional<at::ScalarType> type_;
};

// What a range is scaled to.
struct Target {
  explicit Target(Arguments& arguments)
      : min(arguments.optional_number("b_min")),
        max(arguments.optional_number("b_max")),
        clip(arguments.flag("clip", false)),
        type(output_type(arguments)) {
    if (clip && !min && !max) arguments.refuse("clip", "needs b_min or b_max");
  }

  at::Tensor scale(const at::Tensor& data, double from, double span) const {
    const auto to_type = or_own(type, data);
    Rescale how{from, span, {}, min.value_or(0), {}, {}};
    if (span == 0) return rescale(data, how, to_type);  // not clipped either
    if (min && max)
      how.out_span = *max - *min;
    else
      how.out_min = 0;
    if (clip) how.clamp_min = min, how.clamp_max = max;
    return rescale(data, how, to_type);
  }

  std::optional<double> min, max;
  bool clip;
  std::optional<at::ScalarType> type;
};

class ScaleIntensityRange : public TensorTransform {
 public:
  explicit ScaleIntensityRange(Arguments& arguments) : TensorTransform(arguments.key()), target_(arguments) {
    arguments.require("a_min"), arguments.require("a_max");
    from_ = arguments.number("a_min", 0);
    span_ = arguments.number("a_max", 0) - from_;
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override { return target_.scale(data, from_, span_); }

  Target target_;
  double from_ = 0, span_ = 0;
};

class ScaleIntensityRangePercentiles : public TensorTransform {
 public:
  explicit ScaleIntensityRangePercentiles(Arguments& arguments)
      : TensorTransform(arguments.key()), target_(arguments), channel_wise_(arguments.flag("channel_wise", false)) {
    for (const auto* name : {"lower", "upper"}) {
      arguments.require(name);
      percents_.push_back(arguments.number(name, 0));
      if (percents_.back() < 0 || percents_.back() > 100) arguments.refuse(name, "must be between 0 and 100");
    }
    if (!arguments.flag("relative", false)) return;
    if (!target_.min || !target_.max) {
      arguments.refuse("relative", "needs b_min and b_max");
      return;
    }
    const double min = *target_.min, width = *target_.max - min;
    target_.min = width * (percents_[0] / 100.0) + min;
    target_.max = (*target_.max - min) * (percents_[1] / 100.0) + min;
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    return channel_wise(data, channel_wise_, [&](const at::Tensor& part, std::size_t) -> Result<at::Tensor> {
      if (part.numel() == 0) return Error{Errc::model, "the tensor has no elements"};
      const auto found = monai_percentiles(part, percents_);
      const double span = part.scalar_type() == at::kDouble
                              ? found[1] - found[0]
                              : static_cast<double>(static_cast<float>(found[1]) - static_cast<float>(found[0]));
      return target_.scale(part, found[0], span);
    });
  }

  Target target_;
  bool channel_wise_;
  std::vector<double> percents_;
};

class NormalizeIntensity : public TensorTransform {
 public:
  explicit NormalizeIntensity(Arguments& arguments)
      : TensorTransform(arguments.key()),
        subtrahend_(arguments.numbers("subtrahend")),
        divisor_(arguments.numbers("divisor")),
        nonzero_(arguments.flag("nonzero", false)),
        channel_wise_(arguments.flag("channel_wise", false)),
        type_(output_type(arguments)) {
    if (!channel_wise_ && subtrahend_.size() > 1)
      arguments.refuse("subtrahend", "must be one number: not channel_wise");
    if (!channel_wise_ && divisor_.size() > 1) arguments.refuse("divisor", "must be one number: not channel_wise");
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    const auto channels = data.dim() > 0 ? static_cast<std::size_t>(data.size(0)) : 0;
    for (const auto* list : {&subtrahend_, &divisor_})
      if (channel_wise_ && !list->empty() && list->size() != channels)
        return Error{Errc::model, fmt::format("{} channels, but {} numbers", channels, list->size())};
    const auto type = or_own(type_, data);
    return channel_wise(data, channel_wise_,
                        [&](const at::Tensor& part, std::size_t channel) { return normalize(part, type, channel); });
  }

  Result<at::Tensor> normalize(const at::Tensor& data, at::ScalarType type, std::size_t channel) const {
    const auto values = data.to(at::kFloat);
    Moments own{0, 1, 1};
    if (nonzero_ || subtrahend_.empty() || divisor_.empty()) own = moments(values, nonzero_);
    if (own.count == 0) return values.to(type);
    // The statistics are float32 in MONAI.
    const double mean = subtrahend_.empty() ? static_cast<float>(own.mean) : subtrahend_[channel];
    const double deviation = divisor_.empty() ? static_cast<float>(own.deviation) : divisor_[channel];
    return map_pieces(values, type, [&](at::Tensor& out, const at::Tensor& in) {
      auto result = (in - mean).div_(deviation == 0 ? 1.0 : deviation);
      if (nonzero_) result.masked_fill_(in == 0, 0);
      out.copy_(result);
    });
  }

  std::vector<double> subtrahend_, divisor_;
  bool nonzero_, channel_wise_;
  std::optional<at::ScalarType> type_;
};

class ThresholdIntensity : public TensorTransform {
 public:
  explicit ThresholdIntensity(Arguments& arguments) : TensorTransform(arguments.key()) {
    arguments.require("threshold");
    threshold_ = arguments.number("threshold", 0);
    above_ = arguments.flag("above", true);
    fill_ = arguments.number("cval", 0);
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    return map_pieces(data, data.scalar_type(), [&](at::Tensor& out, const at::Tensor& in) {
      const auto kept = above_ ? in.gt(threshold_) : in.lt(threshold_);  // not NaN
      out.copy_(in).masked_fill_(kept.logical_not(), fill_);
    });
  }

  double threshold_ = 0, fill_ = 0;
  bool above_ = true;
};

constexpr Maker kMakers[] = {
    {"ScaleIntensity", make<ScaleIntensity>},
    {"ScaleIntensityRange", make<ScaleIntensityRange>},
    {"ScaleIntensityRangePercentiles", make<ScaleIntensityRangePercentiles>},
    {"NormalizeIntensity", make<NormalizeIntensity>},
    {"ThresholdIntensity", make<ThresholdIntensity>},
};

}  // namespace

at::Tensor rescale(const at::Tensor& data, const Rescale& how, at::ScalarType type) {
  const auto computing = data.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  return map_pieces(data, type, [&](at::Tensor& out, const at::Tensor& in) {
    auto result = type == computing ? out.copy_(in) : in.to(computing, false, true);
    result.sub_(how.from);
    if (how.span != 0) result.div_(how.span);
    if (how.out_span) result.mul_(*how.out_span);
    if (how.out_min != 0 || how.out_span) result.add_(how.out_min);
    if (how.clamp_min || how.clamp_max) {
      const auto scalar = [](std::optional<double> bound) {
        return bound ? c10::optional<at::Scalar>(*bound) : c10::optional<at::Scalar>();
      };
      result.clamp_(scalar(how.clamp_min), scalar(how.clamp_max));
    }
    if (type != computing) out.copy_(result);
  });
}

Moments moments(const at::Tensor& data, bool nonzero) {
  if (data.numel() == 0) return {};
  const auto flat = as_floating(data).cpu().contiguous();
  if (flat.scalar_type() == at::kDouble) return moments_of(flat.data_ptr<double>(), flat.numel(), nonzero);
  return moments_of(flat.data_ptr<float>(), flat.numel(), nonzero);
}

std::span<const Maker> intensity_makers() { return kMakers; }

}  // namespace inferad::tensor
