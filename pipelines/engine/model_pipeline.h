// SPDX-License-Identifier: Apache-2.0
// A pipeline of the kind "model", loaded: its transforms, its inferer and its network. No LibTorch in this header.
// One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipelines/engine/heat_map.h"
#include "pipelines/engine/model_report.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/model_file.h"
#include "pipelines/recipe/pipeline_file.h"
#include "server/base/result.h"

namespace inferad::engine {

struct RunOptions {
  int threads = 1;             // measure what several answers differ in
  bool probabilities = false;  // kept as well, if the pipeline says how
};

class ModelPipeline {
 public:
  // `models`: the pipeline's own, then its ensemble; `weights` are their bytes, already checked against their hashes.
  // Errc::invalid_input names a transform or an argument that is not supported, or a place in the recipe; Errc::model:
  // the weights are no TorchScript; Errc::refused: they hold code that models may not have (operator_scan.h). Nothing
  // of the model runs here.
  static Result<ModelPipeline> load(recipe::PipelineFile pipeline, std::vector<recipe::ModelFile> models,
                                    std::vector<std::string> weights, const std::string& device);
  // What load() says of the steps, without a model; `recipe`: the pipeline's own, or that of its bundle.
  static Status check_steps(const recipe::PipelineFile& pipeline, const recipe::Recipe& recipe);
  ModelPipeline(ModelPipeline&&) noexcept;
  ModelPipeline& operator=(ModelPipeline&&) noexcept;
  ~ModelPipeline();

  const recipe::PipelineFile& pipeline() const;
  const std::vector<recipe::ModelFile>& models() const;

  // Preprocessing, network, postprocessing. `images`: one, or those that the pipeline takes together. `header`: the
  // numbers that the pipeline asks for (header_values.h), in its order; every call of the network gets them. `progress`
  // gets 0..1. Errc::model: the network failed, or what it gave does not suit; Errc::overload: memory does not suffice.
  Result<ModelOutput> run(std::span<const findings::Image> images, std::span<const float> header,
                          const RunOptions& options, const std::function<void(double)>& progress) const;

  // What the models answer to images and values of the header, before postprocessing: their numbers one after the
  // other. Not for detections. Errors as of run().
  Result<std::vector<float>> answers(std::span<const findings::Image> images, std::span<const float> header) const;

  // How much of the sum of these classes each part of the image accounts for; the pipeline asks for a localisation.
  // Errors as of run(), and Errc::refused when it would cost more than is allowed.
  Result<HeatGrid> localise(const findings::Image& image, std::span<const float> header,
                            const std::vector<std::size_t>& classes, const std::function<void(double)>& progress) const;

 private:
  struct Impl;
  explicit ModelPipeline(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferad::engine
