// SPDX-License-Identifier: Apache-2.0
// findings → JSON. The way back is in findings_read.cpp.
#include "pipelines/findings/findings.h"

#include <nlohmann/json.hpp>

namespace inferad::findings {

namespace {

using Json = nlohmann::ordered_json;

Json write(const CodedConcept& code) {
  return {{"value", code.value}, {"scheme", code.scheme}, {"meaning", code.meaning}};
}

void write_optional(Json& out, const char* key, const std::optional<CodedConcept>& code) {
  if (code) out[key] = write(*code);
}

Json write(const Measurement& measurement) {
  Json out = {{"name", write(measurement.name)}, {"value", measurement.value}, {"unit", write(measurement.unit)}};
  write_optional(out, "derivation", measurement.derivation);
  out["label"] = measurement.label;
  out["truncated"] = measurement.truncated;
  if (measurement.deviation) out["deviation"] = *measurement.deviation;
  return out;
}

Json write(const ImageReference& image) {
  return {{"sop_class_uid", image.sop_class_uid}, {"sop_instance_uid", image.sop_instance_uid}, {"frame", image.frame}};
}

Json write(const Finding& finding);
Json write(const Segment& segment);
Json write(const HeaderValue& value);
Json write(const ImageFile& file);
Json write(const InputImage& input);
Json write(const Qualifier& qualifier);

template <class T>
Json write_all(const std::vector<T>& values) {
  auto out = Json::array();
  for (const auto& value : values) out.push_back(write(value));
  return out;
}

Json write(const Location& location) {
  Json out = {{"form", to_string(location.form)}};
  if (!location.frame_of_reference_uid.empty()) out["frame_of_reference_uid"] = location.frame_of_reference_uid;
  out["centre"] = location.centre;
  if (location.form == Location::Form::box) out["half_axes"] = location.half_axes;
  out["images"] = write_all(location.images);
  return out;
}

Json write(const Finding& finding) {
  Json out = {{"id", finding.id}, {"tracking_uid", finding.tracking_uid}, {"concept", write(finding.concept_code)}};
  write_optional(out, "site", finding.site);
  write_optional(out, "laterality", finding.laterality);
  out["presence"] = to_string(finding.presence);
  if (finding.segment) out["segment"] = *finding.segment;
  if (finding.location) out["location"] = write(*finding.location);
  if (!finding.input_image.empty()) out["input_image"] = finding.input_image;
  if (finding.heat_map) {
    out["heat_map"] = {
        {"file", finding.heat_map->file}, {"peak", finding.heat_map->peak}, {"greatest", finding.heat_map->greatest}};
  }
  out["measurements"] = write_all(finding.measurements);
  out["explanation"] = finding.explanation;
  return out;
}

Json write(const Segment& segment) {
  Json out = {{"number", segment.number},
              {"label", segment.label},
              {"category", write(segment.category)},
              {"type", write(segment.type)}};
  write_optional(out, "laterality", segment.laterality);
  out["tracking_id"] = segment.tracking_id;
  out["tracking_uid"] = segment.tracking_uid;
  out["rgb"] = segment.rgb;
  return out;
}

Json write(const Algorithm& algorithm) {
  return {{"name", algorithm.name},
          {"version", algorithm.version},
          {"manufacturer", algorithm.manufacturer},
          {"model_sha256", algorithm.model_sha256},
          {"parameters", algorithm.parameters}};
}

Json write(const HeaderValue& value) {
  Json out = {{"attribute", value.attribute}};
  if (value.value) out["value"] = *value.value;
  if (!value.unit.empty()) out["unit"] = value.unit;
  if (!value.word.empty()) out["word"] = value.word;
  out["given"] = value.given;
  out["default"] = value.fallback;
  return out;
}

Json write(const ImageFile& file) {
  return {{"name", file.name},       {"format", "NIfTI-1"},
          {"sha256", file.sha256},   {"size_bytes", file.size_bytes},
          {"label", file.label},     {"content", write(file.content)},
          {"unit", write(file.unit)}};
}

Json write(const InputImage& input) { return {{"name", input.name}, {"image", write(input.image)}}; }

Json write(const Qualifier& qualifier) { return {{"code", write(qualifier.code)}, {"text", qualifier.text}}; }

Json write(const PriorityProposal& priority) {
  return {{"level", priority.level},           {"reason", priority.reason}, {"finding", priority.finding},
          {"score_name", priority.score_name}, {"score", priority.score},   {"threshold", priority.threshold}};
}

}  // namespace

std::string_view to_string(Presence presence) {
  switch (presence) {
    case Presence::present:
      return "present";
    case Presence::absent:
      return "absent";
    case Presence::indeterminate:
      return "indeterminate";
    case Presence::measured:
      return "measured";
  }
  return "measured";
}

std::string_view to_string(Location::Form form) { return form == Location::Form::box ? "box" : "point"; }

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::analysed:
      return "analysed";
    case Outcome::not_analysed:
      return "not_analysed";
    case Outcome::failed:
      return "failed";
  }
  return "failed";
}

std::string to_json(const Findings& findings) {
  Json out = {{"job", findings.job},
              {"pipeline", findings.pipeline},
              {"pipeline_version", findings.pipeline_version},
              {"study_uid", findings.study_uid},
              {"series_uid", findings.series_uid},
              {"revision", findings.revision},
              {"outcome", to_string(findings.outcome)}};
  if (findings.outcome != Outcome::analysed) out["reason"] = write(findings.reason);
  out["reason_text"] = findings.reason_text;
  out["algorithm"] = write(findings.algorithm);
  if (!findings.header_values.empty()) out["header_values"] = write_all(findings.header_values);
  if (!findings.input_images.empty()) out["input_images"] = write_all(findings.input_images);
  if (!findings.files.empty()) out["files"] = write_all(findings.files);
  if (!findings.looked_for.empty()) out["looked_for"] = write_all(findings.looked_for);
  out["segments"] = write_all(findings.segments);
  out["items"] = write_all(findings.items);
  if (findings.priority) out["priority"] = write(*findings.priority);
  out["remarks"] = findings.remarks;
  if (!findings.qualifiers.empty()) out["qualifiers"] = write_all(findings.qualifiers);
  out["analysed_at"] = findings.analysed_at;
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace inferad::findings
