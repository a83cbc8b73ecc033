// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/model_report.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "pipelines/engine/report_draft.h"
#include "pipelines/findings/codes.h"
#include "pipelines/findings/uids.h"

namespace inferad::engine {

namespace codes = findings::codes;

double rounded(double value) { return std::round(value * 1e6) / 1e6; }

std::optional<double> rounded(std::optional<double> value) {
  return value ? std::optional(rounded(*value)) : std::nullopt;
}

const findings::CodedConcept& unit_of_scores(bool bounded) {
  static const findings::CodedConcept unit_interval{"{0:1}", "UCUM", "range: 0:1"};
  return bounded ? unit_interval : codes::kNoUnits;
}

findings::Finding ReportDraft::item(const std::string& id, findings::CodedConcept concept_code) const {
  findings::Finding result;
  result.id = id;
  result.tracking_uid = findings::tracking_uid(report.study_uid, report.pipeline, id);
  result.concept_code = std::move(concept_code);
  return result;
}

std::optional<double> ReportDraft::deviation(const std::function<double(std::span<const double>)>& number) const {
  std::vector<double> values;
  for (const auto& member : members) values.push_back(number(member));
  return deviation_of(values);
}

std::string ReportDraft::image_at(std::size_t index, std::size_t count) const {
  const auto& wanted = pipeline.input.images;
  if (wanted.empty() || pipeline.input.join != recipe::Input::Join::batch) return {};
  return wanted[index * wanted.size() / count].name;
}

findings::Measurement ReportDraft::score_measurement(double score, std::optional<double> deviation) const {
  const bool probability = calibrated();
  return {probability ? findings::CodedConcept{"122157", "DCM", "Probability"}
                      : codes::ours("SCORE", "Score of the model, not calibrated"),
          rounded(score),
          unit_of_scores(bounded),
          {},
          probability ? "probability" : "score",
          false,
          rounded(deviation)};
}

namespace {

std::string_view precision_of(const recipe::ModelFile& model) {
  return model.precision == recipe::Precision::bfloat16 ? " in bfloat16" : "";
}

std::string said(const recipe::Uncertainty& uncertainty, std::span<const recipe::ModelFile> models) {
  std::string text = fmt::format("; mean of {} answers", uncertainty.members());
  for (const auto& model : models.subspan(1))
    text += fmt::format("; model {} {}{} SHA-256 {}", model.name, model.version, precision_of(model), model.sha256);
  for (const auto& mirror : uncertainty.augmentation) text += "; " + recipe::name_of(mirror);
  if (uncertainty.indeterminate_deviations)
    text += fmt::format("; indeterminate within {:g} standard deviations", *uncertainty.indeterminate_deviations);
  return text;
}

}  // namespace

findings::Algorithm algorithm_of(const recipe::PipelineFile& pipeline, std::span<const recipe::ModelFile> models) {
  const auto& model = models.front();
  std::string parameters = fmt::format("model {} {}{}", model.name, model.version, precision_of(model));
  if (pipeline.uncertainty.is_asked()) parameters += said(pipeline.uncertainty, models);
  if (const auto* detection = std::get_if<recipe::Detection>(&pipeline.output)) {
    parameters += fmt::format("; score >= {:g}, overlap <= {:g}, distance >= {:g} mm, at most {}", detection->score_min,
                              detection->overlap_max, detection->distance_min_mm, detection->count_max);
  }
  for (const auto& spec : pipeline.findings) {
    if (!spec.detections.empty()) parameters += fmt::format("; {}: score >= {:g}", spec.id, spec.score_at_least);
    parameters += fmt::format("; {}: {} {:g}", spec.id,
                              spec.at_least ? ">=" : "<=", spec.at_least ? *spec.at_least : *spec.at_most);
  }
  return {pipeline.title, pipeline.version, pipeline.manufacturer, model.sha256, std::move(parameters)};
}

Result<ModelReport> report_model(findings::Findings report, ModelOutput output, std::span<const findings::Image> images,
                                 const recipe::PipelineFile& pipeline, const recipe::ModelCard& card, int threads) {
  ReportDraft draft{std::move(report), images, pipeline, card, threads, std::move(output.members)};
  INFERAD_TRY_STATUS(std::visit([&](const auto& kind) { return add_output(kind, output, draft); }, pipeline.output));
  add_findings(draft);
  if (draft.report.segments.empty()) output.labels = {};
  return ModelReport{std::move(draft.report), std::move(output.labels), std::move(output.voxels),
                     std::move(draft.probabilities)};
}

}  // namespace inferad::engine
