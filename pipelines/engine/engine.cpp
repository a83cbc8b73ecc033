// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <new>
#include <utility>

#include "pipelines/engine/catalog.h"
#include "pipelines/engine/lung_density.h"
#include "pipelines/engine/lungs.h"
#include "pipelines/engine/quality.h"
#include "pipelines/engine/script_model.h"
#include "pipelines/engine/torch_runtime.h"
#include "pipelines/recipe/model_file.h"
#include "server/base/log.h"

namespace inferad::engine {

namespace {

constexpr int kUsualSize = 512;  // columns and rows of nearly every CT

struct LoadedPipeline {
  PipelineSpec spec;
  ScriptModel model;
};

// The folders of a folder, by name.
Result<std::vector<std::filesystem::path>> folders_of(const std::filesystem::path& parent) {
  std::error_code failure;
  std::vector<std::filesystem::path> folders;
  for (std::filesystem::directory_iterator entry(parent, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (entry->is_directory(failure)) folders.push_back(entry->path());
  }
  if (failure) return Error{Errc::io, fmt::format("{}: {}", parent.string(), failure.message())};
  std::sort(folders.begin(), folders.end());
  return folders;
}

// Tells how long each step took, in one line.
class StageTimes {
 public:
  void end(const char* stage) {
    const auto now = std::chrono::steady_clock::now();
    fields_.emplace_back(stage, std::chrono::duration<double>(now - begin_).count());
    begin_ = now;
  }
  double seconds(std::size_t stage) const { return fields_[stage].second; }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::vector<std::pair<const char*, double>> fields_;
};

}  // namespace

struct Engine::Impl {
  EngineOptions options;
  std::string blas;
  std::vector<PipelineInfo> infos;
  std::vector<LoadedPipeline> loaded;  // as infos
  std::vector<RefusedPipeline> refused;

  Status add(const std::filesystem::path& folder, const std::filesystem::path& models) {
    INFERAD_TRY(auto spec, read_pipeline(folder));
    INFERAD_TRY(const auto model, recipe::read_model_file(models / spec.model));
    INFERAD_TRY(const auto source, recipe::read_weights(model));
    INFERAD_TRY(auto script, ScriptModel::compile(source, model.name, options.device));
    INFERAD_TRY_STATUS(script.warm_up(kUsualSize, kUsualSize));
    infos.push_back({spec.name, spec.version, {{model.name, model.sha256}}, algorithm_of(spec, model, model.sha256)});
    loaded.push_back({std::move(spec), std::move(script)});
    return ok();
  }

  Result<PipelineOutput> analyse(std::size_t index, const findings::Image& image, const findings::Job& job,
                                 const Progress& progress) const {
    const auto& [spec, model] = loaded[index];
    auto report = empty_report(job, image, spec, infos[index].algorithm);
    progress("prepare", 0);
    if (auto ineligible = check_eligibility(image, spec.eligibility)) {
      report.outcome = findings::Outcome::not_analysed;
      report.reason = std::move(ineligible->reason);
      report.reason_text = std::move(ineligible->text);
      return PipelineOutput{std::move(report), {}};
    }
    progress("prepare", 1);
    StageTimes times;
    INFERAD_TRY(const auto classes, model.classify(image, [&](double fraction) { progress("infer", fraction * 0.5); }));
    times.end("model");
    const auto lungs = find_lungs({grid_of(image.geometry), classes}, image, spec.lungs, options.threads);
    times.end("topology");
    progress("infer", 1);
    progress("measure", 0);
    auto result = report_lungs(std::move(report), lungs, image, spec);
    if (result.findings.outcome == findings::Outcome::analysed) {
      auto remarks = quality_remarks(image, lungs, options.threads);
      std::move(remarks.begin(), remarks.end(), std::back_inserter(result.findings.remarks));
    }
    times.end("measure");
    progress("measure", 1);
    log::info("inferred", {{"job", job.id},
                           {"pipeline", spec.name},
                           {"model_seconds", times.seconds(0)},
                           {"topology_seconds", times.seconds(1)},
                           {"measure_seconds", times.seconds(2)}});
    return PipelineOutput{std::move(result.findings), std::move(result.labels)};
  }
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Engine> Engine::load(const std::filesystem::path& catalog, const std::filesystem::path& models,
                            const EngineOptions& options) {
  INFERAD_TRY(const auto folders, folders_of(catalog));
  if (auto readable = folders_of(models); !readable) return readable.error();
  INFERAD_TRY_STATUS(prepare_torch(options.device, options.threads));
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->blas = loaded_blas();
  if (impl->blas == "reference") {
    log::warning("slow_blas", {{"reason",
                                "LibTorch runs on the reference BLAS, which is 4 to 13 times slower: install "
                                "libopenblas0-pthread"}});
  }
  for (const auto& folder : folders) {
    const auto name = folder.filename().string();
    if (auto added = impl->add(folder, models); !added) {
      log::error("pipeline_refused", {{"pipeline", name}, {"reason", added.error().what}});
      impl->refused.push_back({name, added.error().what});
    }
  }
  return Engine(std::move(impl));
}

const std::vector<PipelineInfo>& Engine::pipelines() const { return impl_->infos; }
const std::vector<RefusedPipeline>& Engine::refused() const { return impl_->refused; }
std::string Engine::blas() const { return impl_->blas; }

const PipelineInfo* Engine::find(std::string_view pipeline) const {
  for (const auto& info : impl_->infos)
    if (info.name == pipeline) return &info;
  return nullptr;
}

Result<PipelineOutput> Engine::run(std::string_view pipeline, const findings::Image& image, const findings::Job& job,
                                   const Progress& progress) {
  for (std::size_t i = 0; i < impl_->infos.size(); ++i) {
    if (impl_->infos[i].name != pipeline) continue;
    try {
      return impl_->analyse(i, image, job, progress);
    } catch (const std::bad_alloc&) {
      return Error{Errc::overload, fmt::format("pipeline {}: memory does not suffice", pipeline)};
    }
  }
  return Error{Errc::not_found, fmt::format("pipeline {} is not offered", pipeline)};
}

}  // namespace inferad::engine
