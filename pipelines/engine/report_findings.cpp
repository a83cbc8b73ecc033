// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "pipelines/engine/proposal.h"
#include "pipelines/engine/report_draft.h"
#include "pipelines/findings/codes.h"

namespace inferad::engine {

namespace {

namespace codes = findings::codes;
using findings::Presence;
using recipe::FindingSpec;

// How many of its detections reach the operating point.
Looked counted(const FindingSpec& spec, ReportDraft& draft) {
  double count = 0;
  for (const auto& label : spec.detections)
    for (const double score : draft.detected[label]) count += score >= spec.score_at_least ? 1 : 0;
  return {
      count,
      {},
      {codes::ours("DETECTIONS", "Number of detections"), count, codes::kNoUnits, {}, "number of detections", false}};
}

// The image that all its classes are of.
std::string image_of(const FindingSpec& spec, const ReportDraft& draft) {
  const auto image = [&](const std::string& name) {
    return draft.image_at(draft.classes.at(name), draft.numbers.size());
  };
  const auto first = image(spec.classes.front());
  const bool same = std::all_of(spec.classes.begin(), spec.classes.end(),
                                [&](const std::string& name) { return image(name) == first; });
  return same ? first : std::string();
}

Looked looked_at(const FindingSpec& spec, ReportDraft& draft) {
  if (!spec.detections.empty()) return counted(spec, draft);
  if (spec.classes.empty()) return draft.looked[spec.measurement.empty() ? spec.value : spec.measurement];
  const auto sum = [&](std::span<const double> numbers) {
    double result = 0;
    for (const auto& name : spec.classes) result += numbers[draft.classes[name]];
    return result;
  };
  const double value = sum(draft.numbers);
  const auto deviation = draft.deviation(sum);
  return {value, deviation, draft.score_measurement(value, deviation), image_of(spec, draft)};
}

// `deviations_min`: an absent finding is that far away from its threshold.
Presence presence_of(const FindingSpec& spec, const Looked& looked, std::optional<double> deviations_min) {
  const double value = *looked.value;
  const double threshold = spec.at_least ? *spec.at_least : *spec.at_most;
  const bool up = spec.at_least.has_value();
  if (up ? value >= threshold : value <= threshold) return Presence::present;
  if (spec.indeterminate && (up ? value >= *spec.indeterminate : value <= *spec.indeterminate))
    return Presence::indeterminate;
  if (deviations_min && (!looked.deviation || std::abs(value - threshold) <= *deviations_min * *looked.deviation))
    return Presence::indeterminate;
  return Presence::absent;
}

std::string unit_text(const Looked& looked) {
  const auto& unit = looked.measurement.unit.value;
  if (unit == "1" || unit == unit_of_scores(true).value) return "";
  return " " + (unit == codes::kHounsfieldUnit.value ? std::string("HU") : unit);
}

std::string explain(const FindingSpec& spec, const Looked& looked, double threshold) {
  const bool reached = spec.at_least ? *looked.value >= threshold : *looked.value <= threshold;
  const auto spread = looked.deviation ? fmt::format(" ± {:.2g}", *looked.deviation) : std::string();
  auto text = fmt::format("{} is {:.4g}{}{}, {} the threshold of {:g}.", looked.measurement.label, *looked.value,
                          spread, unit_text(looked), reached ? "at or beyond" : "short of", threshold);
  if (!spec.operating_point.empty()) text += fmt::format(" Operating point: {}.", spec.operating_point);
  if (spec.sensitivity && spec.specificity) {
    text += fmt::format(" Stated sensitivity {:.0f} %, specificity {:.0f} %.", 100 * *spec.sensitivity,
                        100 * *spec.specificity);
  }
  return text;
}

findings::PriorityProposal proposal_of(const FindingSpec& spec, const Looked& looked, double threshold) {
  return {spec.level,
          fmt::format("{}: {} {:.4g}{} (threshold {:g})", spec.name, looked.measurement.label, *looked.value,
                      unit_text(looked), threshold),
          spec.id,
          looked.measurement.label,
          rounded(*looked.value),
          threshold};
}

void add_finding(const FindingSpec& spec, ReportDraft& draft) {
  auto& report = draft.report;
  const auto looked = looked_at(spec, draft);
  auto group = draft.item(spec.id, spec.concept_code);
  group.site = spec.site;
  group.laterality = spec.laterality;
  group.input_image = spec.image.empty() ? looked.image : spec.image;
  if (!looked.value) {
    group.presence = Presence::indeterminate;
    group.explanation = "What it is judged by could not be measured.";
    report.items.push_back(std::move(group));
    return;
  }
  const double threshold = spec.at_least ? *spec.at_least : *spec.at_most;
  group.presence = presence_of(spec, looked, draft.pipeline.uncertainty.indeterminate_deviations);
  group.measurements.push_back(looked.measurement);
  group.explanation = explain(spec, looked, threshold);
  const bool outside = is_outside_domain(report);
  if (outside && group.presence == Presence::absent) group.presence = Presence::indeterminate;
  const bool asks = group.presence == Presence::present && !spec.level.empty();
  report.items.push_back(std::move(group));
  if (asks && (!outside || draft.pipeline.priority_outside_domain))
    propose(proposal_of(spec, looked, threshold), report);
}

}  // namespace

void add_findings(ReportDraft& draft) {
  for (const auto& spec : draft.pipeline.findings) add_finding(spec, draft);
}

}  // namespace inferad::engine
