// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

#include "pipelines/engine/header_values.h"
#include "pipelines/engine/loaded_pipeline.h"
#include "pipelines/engine/model_pipeline.h"
#include "pipelines/engine/model_report.h"
#include "pipelines/engine/suitability.h"
#include "pipelines/findings/codes.h"
#include "pipelines/recipe/bundle.h"
#include "pipelines/recipe/model_file.h"
#include "pipelines/recipe/pipeline_file.h"
#include "server/base/log.h"

namespace inferad::engine {

namespace {

// What the network gets, as the report tells it.
std::vector<float> note_header(HeaderRow row, findings::Findings& report) {
  std::vector<float> numbers;
  for (const auto& each : row.values) numbers.push_back(static_cast<float>(each.given));
  report.header_values = std::move(row.values);
  std::move(row.remarks.begin(), row.remarks.end(), std::back_inserter(report.remarks));
  return numbers;
}

// Which image the network got as which.
void note_images(std::span<const findings::Image> images, std::span<const findings::WantedView> wanted,
                 findings::Findings& report) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& source = images[i].sources.front();
    report.input_images.push_back({wanted[i].name, {source.sop_class_uid, source.sop_instance_uid, source.frame}});
  }
}

class ModelKind final : public LoadedPipeline {
 public:
  ModelKind(ModelPipeline pipeline, PipelineInfo info, int threads)
      : pipeline_(std::move(pipeline)), info_(std::move(info)), threads_(threads) {}

  const PipelineInfo& info() const override { return info_; }

  Result<PipelineOutput> analyse(std::span<const findings::Image> images, const findings::Job& job,
                                 const Progress& progress) const override {
    const auto& file = pipeline_.pipeline();
    auto report = findings::begin_report(job, file.version, images.front().series_uid, info_.algorithm);
    progress("prepare", 0);
    if (auto unsuitable = find_unsuitable(images, report.remarks))
      return not_analysed(std::move(report), std::move(unsuitable->reason), std::move(unsuitable->text));
    auto header = header_row(images, file.input.header);
    if (auto* unsuitable = std::get_if<Unsuitable>(&header))
      return not_analysed(std::move(report), std::move(unsuitable->reason), std::move(unsuitable->text));
    const auto numbers = note_header(std::get<HeaderRow>(std::move(header)), report);
    note_images(images, file.input.images, report);
    progress("prepare", 1);
    const auto begin = std::chrono::steady_clock::now();
    INFERAD_TRY(auto output, pipeline_.run(images, numbers, [&](double fraction) { progress("infer", fraction); }));
    const auto inferred = std::chrono::steady_clock::now();
    progress("measure", 0);
    INFERAD_TRY(auto result, report_model(std::move(report), std::move(output), images.front(), file,
                                          pipeline_.model().card, threads_));
    progress("measure", 1);
    const auto seconds = [](auto duration) { return std::chrono::duration<double>(duration).count(); };
    log::info("inferred", {{"job", job.id},
                           {"pipeline", file.name},
                           {"model_seconds", seconds(inferred - begin)},
                           {"measure_seconds", seconds(std::chrono::steady_clock::now() - inferred)}});
    return PipelineOutput{std::move(result.findings), std::move(result.labels)};
  }

 private:
  // Every image must suit; what several of them do not tell is remarked once.
  std::optional<Unsuitable> find_unsuitable(std::span<const findings::Image> images,
                                            std::vector<std::string>& remarks) const {
    for (std::size_t i = 0; i < images.size(); ++i) {
      auto unsuitable = find_unsuitable(images[i], remarks);
      if (unsuitable && images.size() > 1)
        unsuitable->text = pipeline_.pipeline().input.images[i].name + ": " + unsuitable->text;
      if (unsuitable) return unsuitable;
    }
    return std::nullopt;
  }

  // The card of the model first: a pipeline may ask for less than the model accepts, never for more.
  std::optional<Unsuitable> find_unsuitable(const findings::Image& image, std::vector<std::string>& remarks) const {
    if (image.projection != info_.projection) {
      return Unsuitable{findings::codes::kNoSeries,
                        image.projection ? "the pipeline needs a volume" : "the pipeline needs a single image"};
    }
    for (const auto& [asked, who] : {std::pair(&pipeline_.model().card.accepts, "the model"),
                                     std::pair(&pipeline_.pipeline().eligibility, "the pipeline")}) {
      auto suitability = judge(image, *asked, who);
      if (suitability.reason) return std::move(suitability.reason);
      for (auto& remark : suitability.remarks)
        if (std::find(remarks.begin(), remarks.end(), remark) == remarks.end()) remarks.push_back(std::move(remark));
    }
    return std::nullopt;
  }

  ModelPipeline pipeline_;
  PipelineInfo info_;
  int threads_;
};

// The first calls with a shape are slow: makes them now, on an empty image. A network that refuses it is no mistake
// yet: the image that comes may suit.
void warm_up(const ModelPipeline& pipeline) {
  findings::Image image;
  image.projection = pipeline.pipeline().input.dimensions == 2;
  image.geometry.columns = image.geometry.rows = image.projection ? 256 : 64;
  image.geometry.slices = image.projection ? 1 : 32;
  const auto& input = pipeline.pipeline().input;
  if (input.frames == findings::FrameChoice::all) image.geometry.slices = 16;
  image.voxels.assign(image.geometry.voxels(), 0.0F);
  const std::vector<findings::Image> images(std::max<std::size_t>(1, input.images.size()), image);
  const std::vector<float> header(input.header.size(), 0.0F);
  const auto tried = pipeline.run(images, header, [](double) {});
  if (!tried) log::info("warm_up_skipped", {{"pipeline", pipeline.pipeline().name}, {"reason", tried.error().what}});
}

}  // namespace

Result<std::unique_ptr<LoadedPipeline>> load_model(const std::filesystem::path& folder,
                                                   const std::filesystem::path& models, const EngineOptions& options) {
  INFERAD_TRY(auto file, recipe::read_pipeline_file(folder));
  INFERAD_TRY(auto model, recipe::read_model_file(models / file.model));
  INFERAD_TRY(file.recipe, recipe::steps_of(file, model));
  INFERAD_TRY(auto weights, recipe::read_weights(model));
  PipelineInfo info{file.name,
                    file.version,
                    {{model.name, model.sha256}},
                    algorithm_of(file, model),
                    file.input.dimensions == 2,
                    file.input.frames,
                    file.input.images};
  INFERAD_TRY(auto pipeline,
              ModelPipeline::load(std::move(file), std::move(model), std::move(weights), options.device));
  warm_up(pipeline);
  return std::unique_ptr<LoadedPipeline>(
      std::make_unique<ModelKind>(std::move(pipeline), std::move(info), options.threads));
}

}  // namespace inferad::engine
