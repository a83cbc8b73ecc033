// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/job_runner.h"

#include <fmt/format.h>

#include <future>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "pipelines/findings/codes.h"
#include "pipelines/imaging/projection.h"
#include "pipelines/imaging/series.h"
#include "pipelines/imaging/views.h"
#include "pipelines/results/nifti.h"
#include "pipelines/results/results.h"
#include "pipelines/results/source_header.h"
#include "pipelines/worker/heat_file.h"
#include "pipelines/worker/join_inputs.h"
#include "pipelines/worker/picture_files.h"
#include "server/base/crash_point.h"
#include "server/base/durable.h"
#include "server/base/hash.h"

namespace inferad::worker {

namespace {

using findings::Findings;
using findings::Job;
using findings::JobSeries;
using findings::Outcome;

constexpr std::size_t kJobBytesMax = 16 << 20;

// What one series came to. `image` and `labels` only when it was analysed; no `source` when not even its headers can be
// read.
struct Attempt {
  Findings findings;
  std::optional<results::SourceHeader> source;
  std::optional<findings::Image> image;
  std::optional<findings::LabelMap> labels;
  std::vector<findings::Image> views;  // several that were analysed together, instead of `image`
  std::optional<engine::HeatMap> heat_map;
  std::vector<float> voxels;                             // of findings.files[0]
  std::vector<std::vector<std::uint8_t>> probabilities;  // of the segments, 255 = 1
};

Findings not_analysed(const Job& job, const engine::PipelineInfo& pipeline, const JobSeries* series,
                      imaging::Refusal refusal) {
  auto result = findings::begin_report(job, pipeline.version, series ? series->uid : "", pipeline.algorithm);
  result.outcome = Outcome::not_analysed;
  result.reason = std::move(refusal.reason);
  result.reason_text = std::move(refusal.text);
  return result;
}

class Run {
 public:
  Run(engine::Engine& engine, const engine::PipelineInfo& pipeline, const Job& job, int threads,
      const JobEvents& events)
      : engine_(engine), pipeline_(pipeline), job_(job), threads_(threads), events_(events) {}

  // No images: what others said about them. The report refers to those of the first series.
  Result<Attempt> join() {
    if (job_.series.empty())
      return refused(nullptr, {findings::codes::kNoSeries, "the study has no series that the report could refer to"});
    const auto& series = job_.series.front();
    events_.progress("load", 0);
    INFERAD_TRY(const auto inputs, read_join_inputs(job_));
    INFERAD_TRY(auto source, results::SourceHeader::read(series.files));
    Attempt attempt;
    INFERAD_TRY(attempt.findings, engine_.join(pipeline_.name, inputs, job_, series.uid));
    attempt.source = std::move(source);
    return attempt;
  }

  // The first series that can be analysed, else the first of all.
  Result<Attempt> choose() {
    if (pipeline_.joins) return join();
    if (!pipeline_.views.empty()) return analyse_views();
    std::optional<Attempt> first;
    for (const auto& series : job_.series) {
      INFERAD_TRY(auto attempt, analyse(series));
      if (attempt.findings.outcome == Outcome::analysed) return attempt;
      if (!first) first = std::move(attempt);
    }
    if (first) return std::move(*first);
    return refused(nullptr, {findings::codes::kNoSeries, "the study has no series that suits the pipeline"});
  }

 private:
  Result<Attempt> analyse(const JobSeries& series) {
    return pipeline_.projection ? analyse_images(series) : analyse_volume(series);
  }

  // Each image of the series is a candidate of its own: the first that can be analysed, else the first.
  Result<Attempt> analyse_images(const JobSeries& series) {
    std::optional<Attempt> first;
    for (const auto& file : series.files) {
      events_.progress("load", 0);
      auto reading = std::async(std::launch::async, [&] { return results::SourceHeader::read(std::span(&file, 1)); });
      auto loading = imaging::load_projection(file, {.threads = threads_, .frames = pipeline_.frames});
      auto source = reading.get();
      if (!loading) return loading.error();
      INFERAD_TRY(auto attempt, attempt_with(series, *std::move(loading), std::move(source)));
      if (attempt.findings.outcome == Outcome::analysed) return attempt;
      if (!first) first = std::move(attempt);
    }
    if (first) return std::move(*first);
    return refused(&series, {findings::codes::kNoSeries, "the series has no images"});
  }

  // The pipeline needs several images of the study together, whatever series they lie in.
  Result<Attempt> analyse_views() {
    std::vector<std::filesystem::path> files;
    for (const auto& series : job_.series) files.insert(files.end(), series.files.begin(), series.files.end());
    if (files.empty()) return refused(nullptr, {findings::codes::kNoSeries, "the study has no images"});
    events_.progress("load", 0);
    INFERAD_TRY(auto found, imaging::find_views(files, pipeline_.views));
    const auto* chosen = std::get_if<std::vector<std::filesystem::path>>(&found);
    auto source = results::SourceHeader::read(chosen ? *chosen : files);
    if (!chosen) return refused_with(nullptr, std::get<imaging::Refusal>(std::move(found)), std::move(source));
    std::vector<findings::Image> images;
    for (const auto& file : *chosen) {
      INFERAD_TRY(auto loaded, imaging::load_projection(file, {.threads = threads_}));
      if (auto* refusal = std::get_if<imaging::Refusal>(&loaded))
        return refused_with(nullptr, std::move(*refusal), std::move(source));
      images.push_back(std::get<findings::Image>(std::move(loaded)));
    }
    INFERAD_TRY(auto header, std::move(source));  // images of different patients are not analysed at all
    events_.progress("load", 1);
    INFERAD_TRY(auto output, engine_.run(pipeline_.name, images, job_, events_.progress));
    Attempt attempt;  // without image: the report refers to all that were read
    attempt.findings = std::move(output.findings);
    attempt.source = std::move(header);
    if (attempt.findings.outcome == Outcome::analysed) attempt.views = std::move(images);
    return attempt;
  }

  Result<Attempt> analyse_volume(const JobSeries& series) {
    events_.progress("load", 0);
    auto reading = std::async(std::launch::async, [&] { return results::SourceHeader::read(series.files); });
    auto loading = imaging::load_series(series.files, {.threads = threads_});
    auto source = reading.get();
    if (!loading) return loading.error();
    return attempt_with(series, *std::move(loading), std::move(source));
  }

  Result<Attempt> attempt_with(const JobSeries& series, imaging::OrRefusal<findings::Image> loaded,
                               Result<results::SourceHeader> source) {
    if (auto* refusal = std::get_if<imaging::Refusal>(&loaded))
      return refused_with(&series, std::move(*refusal), std::move(source));
    INFERAD_TRY(auto header, std::move(source));  // images of different patients are not analysed at all
    events_.progress("load", 1);
    return infer(std::get<findings::Image>(std::move(loaded)), std::move(header));
  }

  Result<Attempt> infer(findings::Image image, results::SourceHeader header) {
    INFERAD_TRY(auto output, engine_.run(pipeline_.name, image, job_, events_.progress));
    Attempt attempt;
    attempt.findings = std::move(output.findings);
    attempt.source = std::move(header);
    if (attempt.findings.outcome != Outcome::analysed) return attempt;
    attempt.image = std::move(image);
    attempt.heat_map = std::move(output.heat_map);
    attempt.voxels = std::move(output.voxels);
    attempt.probabilities = std::move(output.probabilities);
    if (!output.labels.labels.empty()) attempt.labels = std::move(output.labels);  // else numbers only
    return attempt;
  }

  Attempt refused_with(const JobSeries* series, imaging::Refusal refusal, Result<results::SourceHeader> source) const {
    auto attempt = refused(series, std::move(refusal));
    if (source) attempt.source = std::move(*source);
    return attempt;
  }

  Attempt refused(const JobSeries* series, imaging::Refusal refusal) const {
    Attempt attempt;
    attempt.findings = not_analysed(job_, pipeline_, series, std::move(refusal));
    return attempt;
  }

  engine::Engine& engine_;
  const engine::PipelineInfo& pipeline_;
  const Job& job_;
  int threads_;
  const JobEvents& events_;
};

results::VoxelInputs voxels_of(const Attempt& attempt) {
  results::VoxelInputs inputs;
  inputs.derived = attempt.voxels;
  inputs.probabilities.assign(attempt.probabilities.begin(), attempt.probabilities.end());
  if (!attempt.heat_map) return inputs;
  inputs.heat = {"", attempt.heat_map->values, attempt.heat_map->greatest};
  for (const auto& item : attempt.findings.items)
    if (item.heat_map && item.heat_map->file == attempt.heat_map->file) inputs.heat.label = item.concept_code.meaning;
  return inputs;
}

Result<std::vector<results::ResultFile>> write_objects(const Job& job, const Attempt& attempt,
                                                       const std::filesystem::path& folder) {
  if (!attempt.source) return std::vector<results::ResultFile>();
  const results::ResultRequest request{.job = job,
                                       .findings = attempt.findings,
                                       .source = *attempt.source,
                                       .image = attempt.image ? &*attempt.image : nullptr,
                                       .labels = attempt.labels ? &*attempt.labels : nullptr,
                                       .options = {.full_masks = job.full_masks},
                                       .voxels = voxels_of(attempt),
                                       .views = attempt.views};
  INFERAD_TRY_STATUS(write_pictures(results::pictures_of(request), job.id, job.study_uid, folder));
  return results::write_results(request, folder);
}

// findings.json names the file with its hash: it is there first.
Status write_image(Attempt& attempt, const std::filesystem::path& folder) {
  if (attempt.findings.files.empty()) return ok();
  auto& file = attempt.findings.files.front();
  INFERAD_TRY(const auto bytes, results::nifti_of(attempt.voxels, attempt.image->geometry, attempt.image->projection));
  file.sha256 = sha256_hex(bytes);
  file.size_bytes = bytes.size();
  return write_file_durable(folder / file.name, bytes);
}

}  // namespace

namespace {

Result<Job> read_job(const std::filesystem::path& folder) {
  INFERAD_TRY(const auto text, read_file(folder / "job.json", kJobBytesMax));
  return findings::job_from_json(text);
}

// The first series whose headers can be read.
Result<results::SourceHeader> any_header(const Job& job) {
  auto header = Result<results::SourceHeader>(Error{Errc::invalid_input, "the study has no series"});
  for (const auto& series : job.series) {
    header = results::SourceHeader::read(series.files);
    if (header) break;
  }
  return header;
}

}  // namespace

Result<JobResult> JobRunner::report_failure(const std::filesystem::path& folder, const std::string& reason) {
  INFERAD_TRY(const auto job, read_job(folder));
  INFERAD_TRY(auto source, any_header(job));
  const auto* pipeline = engine_.find(job.pipeline);
  const auto algorithm = pipeline ? pipeline->algorithm : findings::Algorithm{job.pipeline, "not loaded", "", "", ""};
  Attempt attempt;
  attempt.findings = findings::begin_report(job, pipeline ? pipeline->version : "", "", algorithm);
  attempt.findings.outcome = Outcome::failed;
  attempt.findings.reason = findings::codes::kAnalysisFailed;
  attempt.findings.reason_text = reason;
  attempt.source = std::move(source);
  JobResult result{Outcome::failed, reason, {}};
  INFERAD_TRY(result.objects, write_objects(job, attempt, folder));
  return result;
}

Result<JobResult> JobRunner::run(const std::filesystem::path& folder, const JobEvents& events) {
  INFERAD_TRY(const auto job, read_job(folder));
  const auto* pipeline = engine_.find(job.pipeline);
  if (pipeline == nullptr) {
    return Error{Errc::not_found, fmt::format("pipeline {} is not offered by this worker", job.pipeline)};
  }
  INFERAD_TRY(auto attempt, Run(engine_, *pipeline, job, threads_, events).choose());
  if (attempt.heat_map) INFERAD_TRY_STATUS(write_heat_map(*attempt.heat_map, folder));  // findings.json names it
  INFERAD_TRY_STATUS(write_image(attempt, folder));
  INFERAD_TRY_STATUS(write_file_durable(folder / "findings.json", findings::to_json(attempt.findings)));
  crash_point("worker.findings_written");
  events.findings_ready();

  events.progress("write", 0);
  JobResult result{attempt.findings.outcome, attempt.findings.reason_text, {}};
  INFERAD_TRY(result.objects, write_objects(job, attempt, folder));
  crash_point("worker.objects_written");
  events.progress("write", 1);
  return result;
}

}  // namespace inferad::worker
