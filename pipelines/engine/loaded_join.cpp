// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>

#include "pipelines/engine/join.h"
#include "pipelines/engine/loaded_pipeline.h"
#include "pipelines/recipe/join_file.h"

namespace inferad::engine {

namespace {

class JoinKind final : public LoadedPipeline {
 public:
  explicit JoinKind(recipe::JoinFile file)
      : file_(std::move(file)), info_{file_.name, file_.version, {}, algorithm_of(file_), false, {}, {}, true} {}

  const PipelineInfo& info() const override { return info_; }

  Result<PipelineOutput> analyse(std::span<const findings::Image>, const findings::Job&,
                                 const Progress&) const override {
    return Error{Errc::invalid_input, "a pipeline of the kind \"join\" looks at findings, not at images"};
  }

  Result<findings::Findings> join(std::span<const JoinInput> inputs, const findings::Job& job,
                                  const std::string& series_uid) const override {
    return engine::join(findings::begin_report(job, file_.version, series_uid, info_.algorithm), file_, inputs);
  }

 private:
  recipe::JoinFile file_;
  PipelineInfo info_;
};

}  // namespace

Result<std::unique_ptr<LoadedPipeline>> load_join(const std::filesystem::path& folder, const std::filesystem::path&,
                                                  const EngineOptions&) {
  INFERAD_TRY(auto file, recipe::read_join_file(folder));
  return std::unique_ptr<LoadedPipeline>(std::make_unique<JoinKind>(std::move(file)));
}

}  // namespace inferad::engine
