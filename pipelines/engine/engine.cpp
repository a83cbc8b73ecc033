// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "pipelines/engine/loaded_pipeline.h"
#include "pipelines/engine/torch_runtime.h"
#include "pipelines/recipe/pipeline_file.h"
#include "server/base/log.h"

namespace inferad::engine {

namespace {

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

}  // namespace

struct Engine::Impl {
  std::string blas;
  std::vector<PipelineInfo> infos;
  std::vector<std::unique_ptr<LoadedPipeline>> loaded;  // as infos
  std::vector<RefusedPipeline> refused;

  Status add(const std::filesystem::path& folder, const std::filesystem::path& models, const EngineOptions& options) {
    INFERAD_TRY(const auto kind, recipe::read_pipeline_kind(folder));
    auto* const load = kind == "model" ? &load_model : kind == "join" ? &load_join : &load_lung_density;
    INFERAD_TRY(auto pipeline, load(folder, models, options));
    infos.push_back(pipeline->info());
    loaded.push_back(std::move(pipeline));
    return ok();
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
  impl->blas = loaded_blas();
  if (impl->blas == "reference") {
    log::warning("slow_blas", {{"reason",
                                "LibTorch runs on the reference BLAS, which is 4 to 13 times slower: install "
                                "libopenblas0-pthread"}});
  }
  for (const auto& folder : folders) {
    const auto name = folder.filename().string();
    if (!options.only.empty() && name != options.only) continue;
    if (std::find(options.leave_out.begin(), options.leave_out.end(), name) != options.leave_out.end()) continue;
    if (options.loading) options.loading(name);
    if (auto added = impl->add(folder, models, options); !added) {
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

Result<PipelineOutput> Engine::run(std::string_view pipeline, std::span<const findings::Image> images,
                                   const findings::Job& job, const Progress& progress) {
  for (std::size_t i = 0; i < impl_->infos.size(); ++i) {
    if (impl_->infos[i].name != pipeline) continue;
    const auto wanted = std::max<std::size_t>(1, impl_->infos[i].views.size());
    if (images.size() != wanted)
      return Error{Errc::invalid_input,
                   fmt::format("pipeline {} takes {} images, not {}", pipeline, wanted, images.size())};
    try {
      return impl_->loaded[i]->analyse(images, job, progress);
    } catch (const std::bad_alloc&) {
      return Error{Errc::overload, fmt::format("pipeline {}: memory does not suffice", pipeline)};
    }
  }
  return Error{Errc::not_found, fmt::format("pipeline {} is not offered", pipeline)};
}

Result<findings::Findings> Engine::join(std::string_view pipeline, std::span<const JoinInput> inputs,
                                        const findings::Job& job, const std::string& series_uid) {
  for (std::size_t i = 0; i < impl_->infos.size(); ++i)
    if (impl_->infos[i].name == pipeline) return impl_->loaded[i]->join(inputs, job, series_uid);
  return Error{Errc::not_found, fmt::format("pipeline {} is not offered", pipeline)};
}

}  // namespace inferad::engine
