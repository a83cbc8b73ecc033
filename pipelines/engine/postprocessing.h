// SPDX-License-Identifier: Apache-2.0
// The steps after the network, and what a segmentation keeps of the answer besides its labels. Shows LibTorch's tensor:
// for the engine's own files only.
#pragma once

#include <string>

#include "pipelines/engine/model_report.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/pipeline_file.h"
#include "pipelines/tensor/transform.h"
#include "server/base/result.h"

namespace inferad::engine {

bool keeps_probabilities(const recipe::PipelineFile& pipeline);

// Immutable. Both functions: `answer` is what the network gave for `sample`, without a batch axis.
class Postprocessing {
 public:
  // `recipe`: the pipeline's own, or that of its bundle. Errc::invalid_input names the step.
  static Result<Postprocessing> make(const recipe::PipelineFile& pipeline, const recipe::Recipe& recipe);

  // The entry pred after all steps.
  Result<at::Tensor> apply(tensor::Sample& sample, const at::Tensor& answer) const;
  // Labels with the probabilities of those that were found; of a pipeline that keeps them.
  Result<ModelOutput> segmentation(tensor::Sample sample, const at::Tensor& answer,
                                   const findings::Geometry& geometry) const;

 private:
  Status run_steps(tensor::Sample& sample, const at::Tensor& answer) const;

  std::string image_key_;
  recipe::Segmentation asked_;
  tensor::Chain steps_, cleaning_;  // `cleaning_`: what only takes voxels from labels, apart where both are compared
};

}  // namespace inferad::engine
