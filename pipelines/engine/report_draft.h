// SPDX-License-Identifier: Apache-2.0
// A report of a pipeline of the kind "model" while it is being written: report_segmentation.cpp, … add what the output
// says, report_findings.cpp judges it. Internal to engine/.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipelines/engine/members.h"
#include "pipelines/engine/model_report.h"
#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/model_file.h"
#include "pipelines/recipe/pipeline_file.h"
#include "server/base/result.h"

namespace inferad::engine {

// What a finding may look at: the number, and how a report calls it.
struct Looked {
  std::optional<double> value;           // nullopt: it could not be measured
  std::optional<double> deviation = {};  // of several answers; nullopt: one, or it is not known
  findings::Measurement measurement = {};
  std::string image = {};  // of several the one that it is of
};

struct ReportDraft {
  findings::Findings report;
  std::span<const findings::Image> images;  // at least one
  const recipe::PipelineFile& pipeline;
  const recipe::ModelCard& card;
  int threads = 1;
  Members members = {};  // empty: there is one answer

  // What findings look at, by the name that pipeline.json gives it.
  std::vector<double> numbers = {};                           // of a classification
  std::map<std::string, std::size_t> classes = {};            // which of these
  std::map<std::string, std::vector<double>> detected = {};   // scores by label
  std::map<std::string, Looked> looked = {};                  // measurements and values
  std::vector<std::vector<std::uint8_t>> probabilities = {};  // of the segments
  bool bounded = false;                                       // scores lie between 0 and 1

  const findings::Image& image() const { return images.front(); }
  // Scores mean what they say. What the card states holds for one answer, not for the mean of several.
  bool calibrated() const { return bounded && card.calibrated && members.empty(); }
  // Of what `number` takes from each answer: from its numbers in their order.
  std::optional<double> deviation(const std::function<double(std::span<const double>)>& number) const;
  // Which of several images the number at `index` of `count` is of: in a batch its place says it; "" = of all together.
  std::string image_at(std::size_t index, std::size_t count) const;
  // An item that nothing is claimed of yet.
  findings::Finding item(const std::string& id, findings::CodedConcept concept_code) const;
  findings::Measurement score_measurement(double score, std::optional<double> deviation = {}) const;
};

// One for each kind of output. Errc::model: the output does not fit the description.
Status add_output(const recipe::Segmentation& segmentation, ModelOutput& output, ReportDraft& draft);
Status add_output(const recipe::Classification& classification, ModelOutput& output, ReportDraft& draft);
Status add_output(const recipe::Detection& detection, ModelOutput& output, ReportDraft& draft);
Status add_output(const recipe::Regression& regression, ModelOutput& output, ReportDraft& draft);
Status add_output(const recipe::ImageOutput& image, ModelOutput& output, ReportDraft& draft);

// The findings of pipeline.json and the priority that they ask for.
void add_findings(ReportDraft& draft);

double rounded(double value);  // to six decimals
std::optional<double> rounded(std::optional<double> value);
const findings::CodedConcept& unit_of_scores(bool bounded);  // {0:1}, or none

}  // namespace inferad::engine
