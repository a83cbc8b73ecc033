// SPDX-License-Identifier: Apache-2.0
// JSON → findings: types and limits of each value here, what must hold between values in validate.cpp.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipelines/findings/findings.h"
#include "pipelines/findings/json_reader.h"

namespace inferad::findings {

namespace {

// Limits of the DICOM attributes that will carry the text, in characters: LO 64, ST and LT 10240.
constexpr std::size_t kLineMax = 64, kTextMax = 10'240;
constexpr std::size_t kMeasurementsMax = 1000, kItemsMax = 10'000, kSegmentsMax = 255, kRemarksMax = 100,
                      kQualifiersMax = 20;
constexpr std::size_t kImagesMax = 10'000, kFilesMax = 16, kHeaderValuesMax = 16, kInputImagesMax = 16;
constexpr double kFileBytesMax = 1e12;
constexpr int kRevisionMax = 1'000'000, kFramesMax = 1'000'000;

CodedConcept read_code(JsonReader in) {
  in.object({"value", "scheme", "meaning"});
  return {in.at("value").required_text(kLineMax), in.at("scheme").required_text(16),
          in.at("meaning").required_text(kLineMax)};
}

std::optional<CodedConcept> read_optional_code(const JsonReader& in, std::string_view key) {
  if (auto member = in.find(key)) return read_code(*member);
  return std::nullopt;
}

Measurement read_measurement(JsonReader in) {
  in.object({"name", "value", "unit", "derivation", "label", "truncated", "deviation"});
  Measurement measurement;
  measurement.name = read_code(in.at("name"));
  measurement.value = in.at("value").number();
  measurement.unit = read_code(in.at("unit"));
  measurement.derivation = read_optional_code(in, "derivation");
  measurement.label = in.at("label").text(kLineMax);
  measurement.truncated = in.at("truncated").boolean();
  if (auto deviation = in.find("deviation")) measurement.deviation = deviation->number();
  return measurement;
}

template <class Enum>
Enum read_enum(const JsonReader& in, std::initializer_list<Enum> values) {
  const auto text = in.text();
  std::string expected;
  for (const auto value : values) {
    if (text == to_string(value)) return value;
    if (!expected.empty()) expected += ", ";
    expected += to_string(value);
  }
  in.fail("must be one of: " + expected);
  return *values.begin();
}

std::array<double, 3> read_triple(const JsonReader& in) {
  const auto parts = in.list(3, [](const JsonReader& part) { return part.number(); });
  std::array<double, 3> triple{};
  if (parts.size() != triple.size()) in.fail("must have 3 elements");
  std::copy_n(parts.begin(), std::min(parts.size(), triple.size()), triple.begin());
  return triple;
}

ImageReference read_image(JsonReader in) {
  in.object({"sop_class_uid", "sop_instance_uid", "frame"});
  return {in.at("sop_class_uid").uid(), in.at("sop_instance_uid").uid(), in.at("frame").integer(1, kFramesMax)};
}

Location read_location(JsonReader in) {
  in.object({"form", "frame_of_reference_uid", "centre", "half_axes", "images"});
  Location location;
  location.form = read_enum(in.at("form"), {Location::Form::point, Location::Form::box});
  if (auto frame = in.find("frame_of_reference_uid")) location.frame_of_reference_uid = frame->uid();
  location.centre = read_triple(in.at("centre"));
  if (auto axes = in.find("half_axes")) location.half_axes = axes->list(3, read_triple);
  location.images = in.at("images").list(kImagesMax, read_image);
  return location;
}

HeatMapReference read_heat_map(JsonReader in) {
  in.object({"file", "peak", "greatest"});
  HeatMapReference map;
  map.file = in.at("file").required_text(kLineMax + 32);
  const auto peak = in.at("peak").list(2, [](const JsonReader& part) { return part.number(); });
  if (peak.size() != map.peak.size()) in.at("peak").fail("must have 2 elements");
  std::copy_n(peak.begin(), std::min(peak.size(), map.peak.size()), map.peak.begin());
  map.greatest = in.at("greatest").number();
  return map;
}

Finding read_finding(JsonReader in) {
  in.object({"id", "tracking_uid", "concept", "site", "laterality", "presence", "segment", "location", "input_image",
             "heat_map", "measurements", "explanation"});
  Finding finding;
  finding.id = in.at("id").required_text(kLineMax);
  finding.tracking_uid = in.at("tracking_uid").uid();
  finding.concept_code = read_code(in.at("concept"));
  finding.site = read_optional_code(in, "site");
  finding.laterality = read_optional_code(in, "laterality");
  finding.presence =
      read_enum(in.at("presence"), {Presence::present, Presence::absent, Presence::indeterminate, Presence::measured});
  if (auto segment = in.find("segment")) finding.segment = segment->integer(1, kSegmentsMax);
  if (auto location = in.find("location")) finding.location = read_location(*location);
  if (auto image = in.find("input_image")) finding.input_image = image->required_text(kLineMax);
  if (auto map = in.find("heat_map")) finding.heat_map = read_heat_map(*map);
  finding.measurements = in.at("measurements").list(kMeasurementsMax, read_measurement);
  finding.explanation = in.at("explanation").text(kTextMax);
  return finding;
}

std::array<std::uint8_t, 3> read_rgb(const JsonReader& in) {
  const auto parts = in.list(3, [](const JsonReader& part) { return part.integer(0, 255); });
  std::array<std::uint8_t, 3> rgb{};
  if (parts.size() != rgb.size()) in.fail("must have 3 elements");
  for (std::size_t i = 0; i < parts.size() && i < rgb.size(); ++i) rgb[i] = static_cast<std::uint8_t>(parts[i]);
  return rgb;
}

Segment read_segment(JsonReader in) {
  in.object({"number", "label", "category", "type", "laterality", "tracking_id", "tracking_uid", "rgb"});
  Segment segment;
  segment.number = in.at("number").integer(1, kSegmentsMax);
  segment.label = in.at("label").required_text(kLineMax);
  segment.category = read_code(in.at("category"));
  segment.type = read_code(in.at("type"));
  segment.laterality = read_optional_code(in, "laterality");
  segment.tracking_id = in.at("tracking_id").required_text(kLineMax);
  segment.tracking_uid = in.at("tracking_uid").uid();
  segment.rgb = read_rgb(in.at("rgb"));
  return segment;
}

Algorithm read_algorithm(JsonReader in) {
  in.object({"name", "version", "manufacturer", "model_sha256", "parameters"});
  return {in.at("name").required_text(kLineMax), in.at("version").required_text(kLineMax),
          in.at("manufacturer").text(kLineMax), in.at("model_sha256").text(64), in.at("parameters").text(kTextMax)};
}

HeaderValue read_header_value(JsonReader in) {
  in.object({"attribute", "value", "unit", "word", "given", "default"});
  HeaderValue value;
  value.attribute = in.at("attribute").required_text(kLineMax);
  if (auto number = in.find("value")) value.value = number->number();
  if (auto unit = in.find("unit")) value.unit = unit->required_text(16);
  if (auto word = in.find("word")) value.word = word->required_text(16);
  value.given = in.at("given").number();
  value.fallback = in.at("default").boolean();
  return value;
}

InputImage read_input_image(JsonReader in) {
  in.object({"name", "image"});
  return {in.at("name").required_text(kLineMax), read_image(in.at("image"))};
}

ImageFile read_file_entry(JsonReader in) {
  in.object({"name", "format", "sha256", "size_bytes", "label", "content", "unit"});
  if (in.at("format").text(16) != "NIfTI-1") in.at("format").fail("must be NIfTI-1");
  ImageFile file;
  file.name = in.at("name").required_text(kLineMax);
  file.sha256 = in.at("sha256").required_text(64);
  const double size = in.at("size_bytes").number();
  if (size < 0 || size > kFileBytesMax || size != std::floor(size))
    in.at("size_bytes").fail("must be a number of bytes");
  else
    file.size_bytes = static_cast<std::uint64_t>(size);
  file.label = in.at("label").required_text(kLineMax);
  file.content = read_code(in.at("content"));
  file.unit = read_code(in.at("unit"));
  return file;
}

PriorityProposal read_priority(JsonReader in) {
  in.object({"level", "reason", "finding", "score_name", "score", "threshold"});
  PriorityProposal priority;
  priority.level = in.at("level").text(16);
  if (priority.level != "STAT" && priority.level != "HIGH" && priority.level != "ROUTINE")
    in.at("level").fail("must be one of: STAT, HIGH, ROUTINE");
  priority.reason = in.at("reason").required_text(kTextMax);
  priority.finding = in.at("finding").required_text(kLineMax);
  priority.score_name = in.at("score_name").text(kLineMax);
  priority.score = in.at("score").number();
  priority.threshold = in.at("threshold").number();
  return priority;
}

Qualifier read_qualifier(JsonReader in) {
  in.object({"code", "text"});
  return {read_code(in.at("code")), in.at("text").required_text(kTextMax)};
}

Findings read_findings(JsonReader in) {
  in.object({"job",      "pipeline",    "pipeline_version", "study_uid",     "series_uid",   "revision",   "outcome",
             "reason",   "reason_text", "algorithm",        "header_values", "input_images", "files",      "looked_for",
             "segments", "items",       "priority",         "remarks",       "qualifiers",   "analysed_at"});
  Findings findings;
  findings.job = in.at("job").required_text(64);
  findings.pipeline = in.at("pipeline").required_text(64);
  findings.pipeline_version = in.at("pipeline_version").required_text(64);
  findings.study_uid = in.at("study_uid").uid();
  if (auto series = in.at("series_uid"); !series.text(64).empty()) findings.series_uid = series.uid();
  findings.revision = in.at("revision").integer(1, kRevisionMax);
  findings.outcome = read_enum(in.at("outcome"), {Outcome::analysed, Outcome::not_analysed, Outcome::failed});
  if (auto reason = in.find("reason")) findings.reason = read_code(*reason);
  findings.reason_text = in.at("reason_text").text(kTextMax);
  findings.algorithm = read_algorithm(in.at("algorithm"));
  if (auto values = in.find("header_values"))
    findings.header_values = values->list(kHeaderValuesMax, read_header_value);
  if (auto images = in.find("input_images")) findings.input_images = images->list(kInputImagesMax, read_input_image);
  if (auto files = in.find("files")) findings.files = files->list(kFilesMax, read_file_entry);
  if (auto codes = in.find("looked_for")) findings.looked_for = codes->list(kSegmentsMax, read_code);
  findings.segments = in.at("segments").list(kSegmentsMax, read_segment);
  findings.items = in.at("items").list(kItemsMax, read_finding);
  if (auto priority = in.find("priority")) findings.priority = read_priority(*priority);
  findings.remarks = in.at("remarks").list(kRemarksMax, [](const JsonReader& remark) { return remark.text(kTextMax); });
  if (auto qualifiers = in.find("qualifiers")) findings.qualifiers = qualifiers->list(kQualifiersMax, read_qualifier);
  findings.analysed_at = in.at("analysed_at").required_text(64);
  return findings;
}

}  // namespace

Result<Findings> findings_from_json(std::string_view text) {
  INFERAD_TRY(const auto document, parse_json(text));
  Fault fault;
  auto findings = read_findings(JsonReader(&document, "", fault));
  if (fault.first) return with_context(*fault.first, "findings.json");
  INFERAD_TRY_STATUS(validate(findings));
  return findings;
}

}  // namespace inferad::findings
