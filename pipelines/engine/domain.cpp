// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/domain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "pipelines/engine/label_measures.h"
#include "pipelines/engine/suitability.h"

namespace inferad::engine {

namespace {

struct Moments {
  double mean = 0, deviation = 0;
};

Moments moments_of(std::span<const float> values) {
  const auto count = static_cast<double>(values.size());
  Moments result;
  for (const float value : values) result.mean += static_cast<double>(value) / count;
  double squares = 0;
  for (const float value : values) squares += std::pow(static_cast<double>(value) - result.mean, 2) / count;
  result.deviation = std::sqrt(squares);
  return result;
}

class Domain {
 public:
  explicit Domain(std::string_view who) : who_(who) {}

  void check(std::string_view what, double value, const recipe::Range& range) {
    if (range.is_open() || range.holds(value)) return;
    said_.push_back(fmt::format("{} {:.4g}, {} accepts {}", what, value, who_, said(range, "")));
  }

  std::optional<std::string> result() const {
    if (said_.empty()) return std::nullopt;
    return fmt::format("Outside the model's domain: {}.", fmt::join(said_, "; "));
  }

 private:
  std::string_view who_;
  std::vector<std::string> said_;
};

}  // namespace

std::optional<std::string> outside_domain(std::span<const float> values, const recipe::Intensity& asked,
                                          std::string_view who) {
  if (asked.is_open()) return std::nullopt;
  const auto numbers = std::count_if(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  if (numbers != std::ssize(values))
    return fmt::format("Outside the model's domain: {} values are no numbers.", std::ssize(values) - numbers);
  std::vector<float> taken;
  if (asked.above) {
    const auto limit = static_cast<float>(*asked.above);
    std::copy_if(values.begin(), values.end(), std::back_inserter(taken), [&](float value) { return value > limit; });
    values = taken;
  }
  if (values.empty())
    return fmt::format("Outside the model's domain: no value is above {:g}.", asked.above.value_or(0));
  Domain domain(who);
  if (!asked.mean.is_open() || !asked.standard_deviation.is_open()) {
    const auto moments = moments_of(values);
    domain.check("mean", moments.mean, asked.mean);
    domain.check("standard deviation", moments.deviation, asked.standard_deviation);
  }
  for (const auto& [percent, range] : asked.percentiles) {
    domain.check(fmt::format("percentile {:g}", percent), percentile_of({values.begin(), values.end()}, percent),
                 range);
  }
  return domain.result();
}

}  // namespace inferad::engine
