// SPDX-License-Identifier: Apache-2.0
// A pipeline of the catalog, loaded and warm: one class for each kind of pipeline.json. Internal to engine/.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "pipelines/engine/engine.h"
#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/findings/job.h"
#include "server/base/result.h"

namespace inferad::engine {

class LoadedPipeline {
 public:
  virtual ~LoadedPipeline() = default;
  virtual const PipelineInfo& info() const = 0;
  // As Engine::run, which has counted the images.
  virtual Result<PipelineOutput> analyse(std::span<const findings::Image> images, const findings::Job& job,
                                         const Progress& progress) const = 0;
  // As Engine::join; only for pipelines that say so.
  virtual Result<findings::Findings> join(std::span<const JoinInput>, const findings::Job&, const std::string&) const {
    return Error{Errc::invalid_input, "the pipeline looks at images, it joins nothing"};
  }
};

// `folder` holds pipeline.json, `models` the folders of the models.
using Loader = Result<std::unique_ptr<LoadedPipeline>>(const std::filesystem::path& folder,
                                                       const std::filesystem::path& models,
                                                       const EngineOptions& options);
Loader load_lung_density;  // kind "lung-density"
Loader load_model;         // kind "model"
Loader load_join;          // kind "join"

// Stands for a pipeline that is not installed (PipelineInfo): no image is analysed.
std::unique_ptr<LoadedPipeline> make_not_installed(PipelineInfo info);

// What all kinds answer for an image that does not suit.
PipelineOutput not_analysed(findings::Findings report, findings::CodedConcept reason, std::string text);

}  // namespace inferad::engine
