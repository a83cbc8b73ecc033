// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

#include "pipelines/engine/catalog.h"
#include "pipelines/engine/loaded_pipeline.h"
#include "pipelines/engine/lung_density.h"
#include "pipelines/engine/lungs.h"
#include "pipelines/engine/quality.h"
#include "pipelines/engine/script_model.h"
#include "pipelines/recipe/model_file.h"
#include "server/base/log.h"

namespace inferad::engine {

namespace {

constexpr int kUsualSize = 512;  // columns and rows of nearly every CT

// Tells how long each step took, in one line.
class StageTimes {
 public:
  void end() {
    const auto now = std::chrono::steady_clock::now();
    seconds_.push_back(std::chrono::duration<double>(now - begin_).count());
    begin_ = now;
  }
  double seconds(std::size_t stage) const { return seconds_[stage]; }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::vector<double> seconds_;
};

class LungDensity final : public LoadedPipeline {
 public:
  LungDensity(PipelineSpec spec, ScriptModel model, PipelineInfo info, int threads)
      : spec_(std::move(spec)), model_(std::move(model)), info_(std::move(info)), threads_(threads) {}

  const PipelineInfo& info() const override { return info_; }

  Result<PipelineOutput> analyse(std::span<const findings::Image> images, const findings::Job& job,
                                 const Progress& progress) const override {
    const auto& image = images.front();
    auto report = findings::begin_report(job, spec_.version, image.series_uid, info_.algorithm);
    progress("prepare", 0);
    if (auto ineligible = check_eligibility(image, spec_.eligibility))
      return not_analysed(std::move(report), std::move(ineligible->reason), std::move(ineligible->text));
    progress("prepare", 1);
    StageTimes times;
    INFERAD_TRY(const auto classes,
                model_.classify(image, [&](double fraction) { progress("infer", fraction * 0.5); }));
    times.end();
    const auto lungs = find_lungs({grid_of(image.geometry), classes}, image, spec_.lungs, threads_);
    times.end();
    progress("infer", 1);
    progress("measure", 0);
    auto result = report_lungs(std::move(report), lungs, image, spec_);
    if (result.findings.outcome == findings::Outcome::analysed) {
      auto remarks = quality_remarks(image, lungs, threads_);
      std::move(remarks.begin(), remarks.end(), std::back_inserter(result.findings.remarks));
    }
    times.end();
    progress("measure", 1);
    log::info("inferred", {{"job", job.id},
                           {"pipeline", spec_.name},
                           {"model_seconds", times.seconds(0)},
                           {"topology_seconds", times.seconds(1)},
                           {"measure_seconds", times.seconds(2)}});
    return PipelineOutput{std::move(result.findings), std::move(result.labels)};
  }

 private:
  PipelineSpec spec_;
  ScriptModel model_;
  PipelineInfo info_;
  int threads_;
};

}  // namespace

PipelineOutput not_analysed(findings::Findings report, findings::CodedConcept reason, std::string text) {
  report.outcome = findings::Outcome::not_analysed;
  report.reason = std::move(reason);
  report.reason_text = std::move(text);
  return {std::move(report), {}};
}

Result<std::unique_ptr<LoadedPipeline>> load_lung_density(const std::filesystem::path& folder,
                                                          const std::filesystem::path& models,
                                                          const EngineOptions& options) {
  INFERAD_TRY(auto spec, read_pipeline(folder));
  INFERAD_TRY(const auto model, recipe::read_model_file(models / spec.model));
  if (model.precision != recipe::Precision::float32)
    return Error{Errc::invalid_input, fmt::format("model {}: \"precision\" must be float32 here", model.name)};
  INFERAD_TRY(const auto source, recipe::read_weights(model));
  INFERAD_TRY(auto script, ScriptModel::compile(source, model.name, options.device));
  INFERAD_TRY_STATUS(script.warm_up(kUsualSize, kUsualSize));
  PipelineInfo info{
      spec.name, spec.version, {{model.name, model.sha256}}, algorithm_of(spec, model, model.sha256), false};
  return std::unique_ptr<LoadedPipeline>(
      std::make_unique<LungDensity>(std::move(spec), std::move(script), std::move(info), options.threads));
}

}  // namespace inferad::engine
