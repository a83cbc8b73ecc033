// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "pipelines/engine/loaded_pipeline.h"
#include "pipelines/findings/codes.h"
#include "server/base/log.h"

namespace inferad::engine {

namespace {

class NotInstalled final : public LoadedPipeline {
 public:
  explicit NotInstalled(PipelineInfo info) : info_(std::move(info)) {}

  const PipelineInfo& info() const override { return info_; }

  Result<PipelineOutput> analyse(std::span<const findings::Image> images, const findings::Job& job,
                                 const Progress&) const override {
    auto report = findings::begin_report(job, info_.version, images.front().series_uid, info_.algorithm);
    return not_analysed(std::move(report), findings::codes::kNoModel,
                        fmt::format("the model of {} is not installed", info_.name));
  }

 private:
  PipelineInfo info_;
};

}  // namespace

std::unique_ptr<LoadedPipeline> make_not_installed(PipelineInfo info) {
  log::info("pipeline_not_installed", {{"pipeline", info.name}, {"reason", info.not_installed}});
  return std::make_unique<NotInstalled>(std::move(info));
}

}  // namespace inferad::engine
