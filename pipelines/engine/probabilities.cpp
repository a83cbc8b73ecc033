// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/probabilities.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>
#include <utility>

#include "pipelines/engine/model_answer.h"
#include "pipelines/tensor/invert.h"

namespace inferad::engine {

namespace {

using From = recipe::Segmentation::Probabilities;

constexpr std::int64_t kChannels = 0;  // axis
constexpr double kTolerance = 1e-3;    // of values that a network of less precision calls 0 or 1

// Channel by channel: no second answer in memory.
class Channels {
 public:
  Channels(const at::Tensor& answer, From from) : answer_(answer), from_(from) {
    if (from != From::softmax) return;
    const auto largest = answer.amax(kChannels, true).to(at::kFloat);
    auto sum = at::zeros_like(largest);
    for (std::int64_t c = 0; c < answer.size(0); ++c) sum.add_((row(c) - largest).exp_());
    normaliser_ = sum.log_().add_(largest);
  }

  Result<at::Tensor> probability(const recipe::OutputLabel& label) const {
    if (label.channel >= answer_.size(0))
      return Error{Errc::model, fmt::format("label {} has its probability in channel {}, the network gives {} channels",
                                            label.id, label.channel, answer_.size(0))};
    const auto result = as_probability(row(label.channel));
    const auto [least, most] = at::aminmax(result);  // NaN when a value is
    if (least.item<double>() >= -kTolerance && most.item<double>() <= 1 + kTolerance) return result;
    return Error{Errc::model, fmt::format("channel {} of the network's answer holds values that are no probabilities: "
                                          "should \"probabilities\" be softmax or sigmoid?",
                                          label.channel)};
  }

 private:
  at::Tensor as_probability(const at::Tensor& given) const {
    if (from_ == From::softmax) return (given - normaliser_).exp_();
    return from_ == From::sigmoid ? given.sigmoid() : given;
  }

  at::Tensor row(std::int64_t channel) const { return answer_.slice(0, channel, channel + 1).to(at::kFloat); }

  at::Tensor answer_, normaliser_;
  From from_;
};

std::array<bool, 256> values_in(const findings::LabelMap& map) {
  std::array<bool, 256> result{};
  for (const auto label : map.labels) result[label] = true;
  return result;
}

void drop_cleaned(int value, const findings::LabelMap& found, const findings::LabelMap& result,
                  std::vector<std::uint8_t>& fractions) {
  for (std::size_t i = 0; i < found.labels.size(); ++i)
    if (found.labels[i] == value && result.labels[i] != value) fractions[i] = 0;
}

}  // namespace

Result<Probabilities> probabilities_of(const at::Tensor& answer, const tensor::Volume& image,
                                       const recipe::Segmentation& segmentation, const findings::LabelMap& found,
                                       const findings::LabelMap& result, const findings::Geometry& geometry) {
  const Channels channels(answer, segmentation.probabilities);
  const auto present = values_in(result);
  Probabilities all;
  for (const auto& label : segmentation.labels) {
    if (label.value > 255 || !present[static_cast<std::size_t>(label.value)]) continue;
    INFERAD_TRY(auto values, channels.probability(label));
    INFERAD_TRY(const auto volume, tensor::invert_fractions({std::move(values)}, image));
    INFERAD_TRY(auto fractions, bytes_of(volume.data, geometry));
    drop_cleaned(label.value, found, result, fractions);
    all[label.value] = std::move(fractions);
  }
  return all;
}

}  // namespace inferad::engine
