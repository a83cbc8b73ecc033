// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "pipelines/engine/report_draft.h"
#include "pipelines/findings/codes.h"

namespace inferad::engine {

namespace {

namespace codes = findings::codes;

std::string at_most(std::string text, std::size_t length) {
  if (text.size() > length) text.resize(length);
  return text;
}

Status check(const recipe::Classification& classification, const std::vector<double>& numbers, bool bounded) {
  if (numbers.size() != classification.classes.size()) {
    return Error{Errc::model, fmt::format("the model gave {} numbers, the pipeline names {} classes", numbers.size(),
                                          classification.classes.size())};
  }
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!std::isfinite(numbers[i]) || (bounded && (numbers[i] < -1e-6 || numbers[i] > 1 + 1e-6)))
      return Error{Errc::model, fmt::format("the model gave {} for class {}", numbers[i], classification.classes[i])};
  return ok();
}

}  // namespace

Status add_output(const recipe::Classification& classification, ModelOutput& output, ReportDraft& draft) {
  const auto& numbers = output.numbers;
  draft.bounded = classification.scores == recipe::Scores::probability;
  INFERAD_TRY_STATUS(check(classification, numbers, draft.bounded));
  for (const auto& member : draft.members) INFERAD_TRY_STATUS(check(classification, member, draft.bounded));
  auto group = draft.item("classes", codes::ours("CLASSES", "Classes of the model"));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    group.measurements.push_back(
        {codes::ours(fmt::format("CLASS{}", i), at_most("Score of class " + classification.classes[i], 64)),
         rounded(numbers[i]),
         unit_of_scores(draft.bounded),
         {},
         classification.classes[i],
         false,
         rounded(draft.deviation([i](const auto& member) { return member[i]; }))});
    draft.classes[classification.classes[i]] = i;
  }
  draft.numbers = numbers;
  group.explanation = draft.calibrated() ? "Probabilities of the classes, calibrated as the model's card says."
                                         : "Scores of the classes; they are not calibrated probabilities.";
  if (!draft.members.empty()) group.explanation += fmt::format(" Means of {} answers.", draft.members.size());
  draft.report.items.push_back(std::move(group));
  return ok();
}

}  // namespace inferad::engine
