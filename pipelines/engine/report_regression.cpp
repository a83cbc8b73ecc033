// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "pipelines/engine/report_draft.h"
#include "pipelines/findings/codes.h"

namespace inferad::engine {

namespace {

namespace codes = findings::codes;

Result<double> number_at(const ModelOutput& output, int index, const std::string& id) {
  if (static_cast<std::size_t>(index) >= output.numbers.size()) {
    return Error{Errc::model,
                 fmt::format("the model gave {} numbers, {} is number {}", output.numbers.size(), id, index)};
  }
  const double value = output.numbers[static_cast<std::size_t>(index)];
  if (!std::isfinite(value)) return Error{Errc::model, fmt::format("the model gave no number for {}", id)};
  return value;
}

Status check_range(const recipe::RegressionValue& spec, double value) {
  if (spec.range.holds(value)) return ok();
  return Error{Errc::model, fmt::format("the model gave {:g} for {}, outside its range", value, spec.id)};
}

void add_interval(const recipe::RegressionValue& spec, std::pair<double, double> interval, findings::Finding& group) {
  const auto bound = [&](double value, const char* code, const char* meaning) {
    return findings::Measurement{spec.name, rounded(value), spec.unit, codes::ours(code, meaning), spec.id, false};
  };
  group.measurements.push_back(bound(interval.first, "LOWER", "Lower bound of the interval"));
  group.measurements.push_back(bound(interval.second, "UPPER", "Upper bound of the interval"));
  group.explanation =
      fmt::format("{:g} % interval: {:.6g} to {:.6g}.", spec.confidence_percent, interval.first, interval.second);
}

}  // namespace

Status add_output(const recipe::Regression& regression, ModelOutput& output, ReportDraft& draft) {
  for (const auto& spec : regression.values) {
    INFERAD_TRY(const double value, number_at(output, spec.index, spec.id));
    INFERAD_TRY_STATUS(check_range(spec, value));
    const auto index = static_cast<std::size_t>(spec.index);
    for (const auto& member : draft.members) INFERAD_TRY_STATUS(check_range(spec, member[index]));
    const auto deviation = draft.deviation([index](const auto& member) { return member[index]; });
    auto group = draft.item(spec.id, spec.name);
    group.input_image = spec.image.empty() ? draft.image_at(index, output.numbers.size()) : spec.image;
    const findings::Measurement measurement{spec.name, rounded(value), spec.unit,         {},
                                            spec.id,   false,          rounded(deviation)};
    group.measurements.push_back(measurement);
    std::optional<std::pair<double, double>> interval;
    if (spec.half_width) interval = {value - *spec.half_width, value + *spec.half_width};
    if (spec.bounds) {
      INFERAD_TRY(const double low, number_at(output, (*spec.bounds)[0], spec.id));
      INFERAD_TRY(const double high, number_at(output, (*spec.bounds)[1], spec.id));
      if (low > high) return Error{Errc::model, fmt::format("the interval of {} is upside down", spec.id)};
      interval = {low, high};
    }
    if (interval) add_interval(spec, *interval, group);
    draft.looked[spec.id] = {value, deviation, measurement, group.input_image};
    draft.report.items.push_back(std::move(group));
  }
  return ok();
}

}  // namespace inferad::engine
