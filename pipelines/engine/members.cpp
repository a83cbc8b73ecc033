// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/members.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "pipelines/engine/label_measures.h"

namespace inferad::engine {

std::vector<double> measurements_of(const recipe::PipelineFile& pipeline, const findings::Image& image,
                                    const findings::LabelMap& map, int threads) {
  const auto& labels = std::get<recipe::Segmentation>(pipeline.output).labels;
  std::vector<double> result;
  for (const auto& spec : pipeline.measurements) {
    std::vector<std::uint8_t> numbers;
    for (const auto& id : spec.labels)
      for (const auto& label : labels)
        if (label.id == id) numbers.push_back(static_cast<std::uint8_t>(label.value));
    result.push_back(measured(spec, image, map, numbers, threads).value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  return result;
}

Result<std::vector<double>> mean_of(const Members& members) {
  std::vector<double> mean(members.front().size(), 0.0);
  for (const auto& member : members) {
    if (member.size() != mean.size()) {
      return Error{Errc::model, fmt::format("answers of {} and of {} numbers have no mean: the models of the ensemble "
                                            "differ in what they give",
                                            mean.size(), member.size())};
    }
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += member[i] / static_cast<double>(members.size());
  }
  return mean;
}

std::optional<double> deviation_of(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const auto count = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) squares += (value - mean) * (value - mean) / count;
  if (!std::isfinite(squares)) return std::nullopt;
  return std::sqrt(squares);
}

}  // namespace inferad::engine
