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

}  // namespace

Status add_output(const recipe::Classification& classification, ModelOutput& output, ReportDraft& draft) {
  const auto& numbers = output.numbers;
  if (numbers.size() != classification.classes.size()) {
    return Error{Errc::model, fmt::format("the model gave {} numbers, the pipeline names {} classes", numbers.size(),
                                          classification.classes.size())};
  }
  draft.bounded = classification.scores == recipe::Scores::probability;
  auto group = draft.item("classes", codes::ours("CLASSES", "Classes of the model"));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i]) || (draft.bounded && (numbers[i] < -1e-6 || numbers[i] > 1 + 1e-6))) {
      return Error{Errc::model, fmt::format("the model gave {} for class {}", numbers[i], classification.classes[i])};
    }
    group.measurements.push_back(
        {codes::ours(fmt::format("CLASS{}", i), at_most("Score of class " + classification.classes[i], 64)),
         rounded(numbers[i]),
         unit_of_scores(draft.bounded),
         {},
         classification.classes[i],
         false});
    draft.classes[classification.classes[i]] = numbers[i];
  }
  group.explanation = draft.calibrated() ? "Probabilities of the classes, calibrated as the model's card says."
                                         : "Scores of the classes; they are not calibrated probabilities.";
  draft.report.items.push_back(std::move(group));
  return ok();
}

}  // namespace inferad::engine
