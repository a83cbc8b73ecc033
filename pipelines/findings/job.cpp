// SPDX-License-Identifier: Apache-2.0
#include "pipelines/findings/job.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "pipelines/findings/json_reader.h"
#include "server/base/clock.h"

namespace inferad::findings {

namespace {

constexpr std::size_t kSeriesMax = 1000;
constexpr std::size_t kFilesMax = 100'000;
constexpr std::size_t kInputsMax = 100;
constexpr std::size_t kResultsMax = 16;
constexpr int kRevisionMax = 1'000'000;

JobSeries read_series(JsonReader in) {
  in.object({"uid", "files"});
  JobSeries series;
  series.uid = in.at("uid").uid();
  series.files = in.at("files").list(kFilesMax, [](const JsonReader& file) {
    std::filesystem::path path = file.required_text();
    if (!path.is_absolute()) file.fail("must be an absolute path");
    return path;
  });
  return series;
}

JobInput read_input(JsonReader in) {
  in.object({"pipeline", "findings", "reason"});
  JobInput input{in.at("pipeline").required_text(64), in.at("findings").text(), in.at("reason").text(2000)};
  if (!input.findings.empty() && !input.findings.is_absolute()) in.at("findings").fail("must be an absolute path");
  return input;
}

ResultKind read_result(const JsonReader& in) {
  const auto name = in.required_text(64);
  const auto kind = result_kind(name);
  if (!kind) in.fail("is no kind of result, such as SEG or SR");
  return kind.value_or(ResultKind::sr);
}

ResultEncoding read_encoding(const JsonReader& in) {
  const auto encoding = result_encoding(in.required_text(64));
  if (!encoding) in.fail("is no encoding of a result: RLE or DEFLATED");
  return encoding.value_or(ResultEncoding::deflated);
}

Predecessor read_predecessor(JsonReader in) {
  in.object({"kind", "sop_instance_uid"});
  return {read_result(in.at("kind")), in.at("sop_instance_uid").uid()};
}

std::string read_timezone(const JsonReader& in) {
  auto offset = in.text(5);
  const bool valid = offset.size() == 5 && (offset[0] == '+' || offset[0] == '-') &&
                     offset.find_first_not_of("0123456789", 1) == std::string::npos;
  if (!offset.empty() && !valid) in.fail("must be an offset such as +0100");
  return offset;
}

std::string read_time(const JsonReader& in) {
  auto text = in.text(64);
  if (!from_iso8601(text)) in.fail("must be a UTC time such as 2026-11-24T08:30:00.123Z");
  return text;
}

}  // namespace

std::string to_json(const Job& job) {
  nlohmann::ordered_json out = {
      {"id", job.id}, {"pipeline", job.pipeline}, {"study_uid", job.study_uid}, {"revision", job.revision}};
  out["predecessors"] = nlohmann::ordered_json::array();
  for (const auto& report : job.predecessors)
    out["predecessors"].push_back({{"kind", to_string(report.kind)}, {"sop_instance_uid", report.sop_instance_uid}});
  out["series"] = nlohmann::ordered_json::array();
  for (const auto& series : job.series) {
    auto files = nlohmann::ordered_json::array();
    for (const auto& file : series.files) files.push_back(file.string());
    out["series"].push_back({{"uid", series.uid}, {"files", std::move(files)}});
  }
  for (const auto& input : job.inputs)
    out["inputs"].push_back(
        {{"pipeline", input.pipeline}, {"findings", input.findings.string()}, {"reason", input.reason}});
  out["results"] = nlohmann::ordered_json::array();
  for (const auto kind : job.results) out["results"].push_back(to_string(kind));
  for (const auto encoding : job.encodings) out["encodings"].push_back(to_string(encoding));
  if (job.full_masks) out["full_masks"] = true;
  out["created_at"] = job.created_at;
  out["timezone_offset"] = job.timezone_offset;
  out["device_serial"] = job.device_serial;
  out["institution"] = job.institution;
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Findings begin_report(const Job& job, std::string pipeline_version, std::string series_uid, Algorithm algorithm) {
  Findings report;
  report.job = job.id;
  report.pipeline = job.pipeline;
  report.pipeline_version = std::move(pipeline_version);
  report.study_uid = job.study_uid;
  report.series_uid = std::move(series_uid);
  report.revision = job.revision;
  report.algorithm = std::move(algorithm);
  report.analysed_at = job.created_at;
  return report;
}

Result<Job> job_from_json(std::string_view text) {
  INFERAD_TRY(const auto document, parse_json(text));
  Fault fault;
  JsonReader in(&document, "", fault);
  in.object({"id", "pipeline", "study_uid", "revision", "predecessors", "series", "inputs", "results", "encodings",
             "full_masks", "created_at", "timezone_offset", "device_serial", "institution"});
  Job job;
  job.id = in.at("id").required_text(64);
  job.pipeline = in.at("pipeline").required_text(64);
  job.study_uid = in.at("study_uid").uid();
  job.revision = in.at("revision").integer(1, kRevisionMax);
  job.predecessors = in.at("predecessors").list(kSeriesMax, read_predecessor);
  job.series = in.at("series").list(kSeriesMax, read_series);
  if (auto inputs = in.find("inputs")) job.inputs = inputs->list(kInputsMax, read_input);
  if (auto results = in.find("results")) job.results = results->list(kResultsMax, read_result);
  if (auto encodings = in.find("encodings")) job.encodings = encodings->list(kResultsMax, read_encoding);
  if (auto full = in.find("full_masks")) job.full_masks = full->boolean();
  job.created_at = read_time(in.at("created_at"));
  job.timezone_offset = read_timezone(in.at("timezone_offset"));
  job.device_serial = in.at("device_serial").text(64);
  job.institution = in.at("institution").text(64);
  if (fault.first) return with_context(*fault.first, "job.json");
  return job;
}

}  // namespace inferad::findings
