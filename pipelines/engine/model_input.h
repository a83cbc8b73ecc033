// SPDX-License-Identifier: Apache-2.0
// From an Image to what the network of a pipeline of the kind "model" is shown. Shows LibTorch's tensor: for the
// engine's own files only.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "pipelines/findings/image.h"
#include "pipelines/recipe/pipeline_file.h"
#include "pipelines/tensor/sample.h"
#include "pipelines/tensor/transform.h"
#include "server/base/result.h"

namespace inferad::engine {

// An image after preprocessing: the entry image_key of `sample`. Other entries may look into `values` or the image.
struct Prepared {
  std::unique_ptr<float[]> values;  // of a projection as it is shown; null: as in the image
  tensor::Sample sample;
};
Result<Prepared> prepare(const findings::Image& image, const recipe::PipelineFile& pipeline,
                         const tensor::Chain& preprocessing);

// forward's image arguments: one, or several as the pipeline joins them. Errc::model: images that are to become one
// tensor differ in size.
Result<std::vector<at::Tensor>> arguments_of(std::span<const Prepared> images, const recipe::PipelineFile& pipeline);

// [1, numbers]; undefined when the pipeline asks for no values of the header.
at::Tensor header_of(std::span<const float> numbers);

}  // namespace inferad::engine
