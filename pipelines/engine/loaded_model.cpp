// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "pipelines/engine/domain.h"
#include "pipelines/engine/header_values.h"
#include "pipelines/engine/loaded_pipeline.h"
#include "pipelines/engine/model_pipeline.h"
#include "pipelines/engine/model_report.h"
#include "pipelines/engine/model_trial.h"
#include "pipelines/engine/padding.h"
#include "pipelines/engine/presentation.h"
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
    if (auto unsuitable = find_unsuitable(images, report))
      return not_analysed(std::move(report), std::move(unsuitable->reason), std::move(unsuitable->text));
    auto header = header_row(images, file.input.header);
    if (auto* unsuitable = std::get_if<Unsuitable>(&header))
      return not_analysed(std::move(report), std::move(unsuitable->reason), std::move(unsuitable->text));
    const auto numbers = note_header(std::get<HeaderRow>(std::move(header)), report);
    note_images(images, file.input.images, report);
    progress("prepare", 1);
    const auto begin = std::chrono::steady_clock::now();
    const bool fractional =
        std::find(job.results.begin(), job.results.end(), ResultKind::seg_fractional) != job.results.end();
    INFERAD_TRY(auto output, pipeline_.run(images, numbers, {.threads = threads_, .probabilities = fractional},
                                           [&](double fraction) { progress("infer", fraction); }));
    const auto inferred = std::chrono::steady_clock::now();
    progress("measure", 0);
    INFERAD_TRY(auto result, report_model(std::move(report), std::move(output), images, file,
                                          pipeline_.models().front().card, threads_));
    const auto seconds = [](auto duration) { return std::chrono::duration<double>(duration).count(); };
    log::info("inferred", {{"job", job.id},
                           {"pipeline", file.name},
                           {"model_seconds", seconds(inferred - begin)},
                           {"measure_seconds", seconds(std::chrono::steady_clock::now() - inferred)}});
    PipelineOutput analysed{std::move(result.findings), std::move(result.labels)};
    analysed.voxels = std::move(result.voxels);
    analysed.probabilities = std::move(result.probabilities);
    if (file.localisation) localise(images.front(), numbers, analysed, progress);
    progress("measure", 1);
    return analysed;
  }

 private:
  // A place for a finding that is not absent. What hinders the heat map is a remark: the finding stands without it.
  void localise(const findings::Image& image, std::span<const float> header, PipelineOutput& output,
                const Progress& progress) const {
    const auto& file = pipeline_.pipeline();
    const auto& id = file.localisation->finding;
    const auto item = std::find_if(output.findings.items.begin(), output.findings.items.end(),
                                   [&](const auto& each) { return each.id == id; });
    if (item == output.findings.items.end() || item->presence == findings::Presence::absent) return;
    const auto grid =
        pipeline_.localise(image, header, classes_of(id), [&](double fraction) { progress("measure", fraction); });
    if (!grid) return output.findings.remarks.push_back("There is no heat map: " + grid.error().what + ".");
    const auto spot = hottest(*grid, image);
    if (!spot) return output.findings.remarks.push_back("There is no heat map: no part of the image lowers the score.");
    const auto name = "heatmap-" + id + ".pgm";
    item->location = spot->area;
    const bool hidden = file.localisation->method == recipe::Localisation::Method::occlusion;
    const auto score = fmt::format("{:.2g}", spot->greatest);
    item->explanation += hidden ? " Hiding the hottest place of the image lowers the score by " + score + " on average."
                                : " Of the score " + score + " come from the hottest place of the image.";
    item->heat_map = findings::HeatMapReference{name, spot->peak, spot->greatest};
    output.heat_map =
        HeatMap{name, image.geometry.columns, image.geometry.rows, on_source(*grid, image), spot->greatest};
  }

  std::vector<std::size_t> classes_of(const std::string& finding) const {
    const auto& file = pipeline_.pipeline();
    const auto& names = std::get<recipe::Classification>(file.output).classes;
    std::vector<std::size_t> result;
    for (const auto& spec : file.findings) {
      if (spec.id != finding) continue;
      for (const auto& name : spec.classes)
        result.push_back(static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin()));
    }
    return result;
  }

  // Every image must suit; what several of them do not tell is remarked once.
  std::optional<Unsuitable> find_unsuitable(std::span<const findings::Image> images, findings::Findings& report) const {
    for (std::size_t i = 0; i < images.size(); ++i) {
      const auto name = images.size() > 1 ? pipeline_.pipeline().input.images[i].name + ": " : std::string();
      auto unsuitable = find_unsuitable(images[i], name, report);
      if (unsuitable) unsuitable->text = name + unsuitable->text;
      if (unsuitable) return unsuitable;
    }
    return std::nullopt;
  }

  // The cards of the models first: a pipeline may ask for less than they accept, never for more. `name` begins what is
  // said of one of several images.
  std::optional<Unsuitable> find_unsuitable(const findings::Image& image, const std::string& name,
                                            findings::Findings& report) const {
    if (image.projection != info_.projection) {
      return Unsuitable{findings::codes::kNoSeries,
                        image.projection ? "the pipeline needs a volume" : "the pipeline needs a single image"};
    }
    std::vector<std::pair<const recipe::Eligibility*, const char*>> all;
    for (const auto& model : pipeline_.models()) all.emplace_back(&model.card.accepts, "the model");
    all.emplace_back(&pipeline_.pipeline().eligibility, "the pipeline");
    auto& remarks = report.remarks;
    for (const auto& [asked, who] : all) {
      auto suitability = judge(image, *asked, who);
      if (suitability.reason) return std::move(suitability.reason);
      for (auto& remark : suitability.remarks)
        if (std::find(remarks.begin(), remarks.end(), remark) == remarks.end()) remarks.push_back(std::move(remark));
    }
    for (const auto& [asked, who] : all) {
      auto outside = outside_domain(image, asked->intensity, who);
      if (!outside) continue;
      if (asked->intensity.refuse) return Unsuitable{findings::codes::kOutsideDomain, *std::move(outside)};
      report.qualifiers.push_back({findings::codes::kOutsideDomain, name + *outside});
    }
    return std::nullopt;
  }

  std::optional<std::string> outside_domain(const findings::Image& image, const recipe::Intensity& asked,
                                            std::string_view who) const {
    if (asked.is_open()) return std::nullopt;
    const auto values = image.projection ? projection_values(image, pipeline_.pipeline().input) : std::vector<float>();
    const auto all = image.projection ? std::span<const float>(values) : image.voxels;
    return engine::outside_domain(image.padding.empty() ? all : without_padding(image, all), asked, who);
  }

  ModelPipeline pipeline_;
  PipelineInfo info_;
  int threads_;
};

// The models of a pipeline: its own, then its ensemble.
struct Models {
  std::vector<recipe::ModelFile> files;
  std::vector<std::string> weights;
  std::vector<ModelInfo> infos;
  std::string missing;  // which weights are not there, and how to get them
};

Result<Models> read_models(const recipe::PipelineFile& pipeline, const std::filesystem::path& folder) {
  Models models;
  auto names = pipeline.uncertainty.ensemble;
  names.insert(names.begin(), pipeline.model);
  for (const auto& name : names) {
    INFERAD_TRY(auto model, recipe::read_model_file(folder / name));
    auto bytes = recipe::read_weights(model);
    const bool to_fetch = !bytes && bytes.error().code == Errc::not_found && model.source;
    if (!bytes && !to_fetch) return std::move(bytes).error();
    if (to_fetch) models.missing = bytes.error().what;
    models.infos.push_back({model.name, model.sha256});
    models.files.push_back(std::move(model));
    models.weights.push_back(bytes ? *std::move(bytes) : std::string());
  }
  return models;
}

// Without weights: are the steps right? Those of a bundle that is not there either are not known.
Status check_not_installed(const recipe::PipelineFile& pipeline, const recipe::ModelFile& model) {
  const auto steps = recipe::steps_of(pipeline, model);
  if (!steps) return pipeline.from_bundle && steps.error().code == Errc::not_found ? ok() : Status(steps.error());
  return ModelPipeline::check_steps(pipeline, *steps);
}

bool is_reduced(const recipe::ModelFile& model) { return model.precision != recipe::Precision::float32; }
bool is_plain(const recipe::ModelFile& model) { return !is_reduced(model) && !model.optimize_for_inference; }

// A pipeline whose models are not computed as they were saved is offered only if that makes no great difference.
Result<ModelPipeline> load_checked(recipe::PipelineFile file, Models models, const std::string& device) {
  const auto reduced = std::any_of(models.files.begin(), models.files.end(), is_reduced);
  if (reduced && std::holds_alternative<recipe::Detection>(file.output))
    return Error{Errc::invalid_input, "\"precision\": \"bf16\" has three digits, the places of detections need more"};
  std::optional<ModelPipeline> plain;
  if (!std::all_of(models.files.begin(), models.files.end(), is_plain)) {
    auto saved = models.files;
    for (auto& each : saved) each.precision = recipe::Precision::float32, each.optimize_for_inference = false;
    INFERAD_TRY(plain, ModelPipeline::load(file, std::move(saved), models.weights, device));
  }
  INFERAD_TRY(auto pipeline,
              ModelPipeline::load(std::move(file), std::move(models.files), std::move(models.weights), device));
  if (plain) INFERAD_TRY_STATUS(check_against_plain(pipeline, *plain));
  INFERAD_TRY_STATUS(check_gradient(pipeline));
  return pipeline;
}

}  // namespace

Result<std::unique_ptr<LoadedPipeline>> load_model(const std::filesystem::path& folder,
                                                   const std::filesystem::path& models, const EngineOptions& options) {
  INFERAD_TRY(auto file, recipe::read_pipeline_file(folder));
  INFERAD_TRY(auto read, read_models(file, models));
  PipelineInfo info{
      file.name,         file.version,     read.infos, algorithm_of(file, read.files), file.input.dimensions == 2,
      file.input.frames, file.input.images};
  if (!read.missing.empty()) {
    INFERAD_TRY_STATUS(check_not_installed(file, read.files.front()));
    info.not_installed = std::move(read.missing);
    return make_not_installed(std::move(info));
  }
  INFERAD_TRY(file.recipe, recipe::steps_of(file, read.files.front()));
  INFERAD_TRY(auto pipeline, load_checked(std::move(file), std::move(read), options.device));
  warm_up(pipeline);
  return std::unique_ptr<LoadedPipeline>(
      std::make_unique<ModelKind>(std::move(pipeline), std::move(info), options.threads));
}

}  // namespace inferad::engine
