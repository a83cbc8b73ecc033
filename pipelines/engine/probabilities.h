// SPDX-License-Identifier: Apache-2.0
// How likely each voxel belongs to a segment, as the network has it: its answer made probabilities on the network's own
// grid, then interpolated back to the source's, one channel after the other, straight into bytes. Shows LibTorch's
// tensor: for the engine's own files only.
#pragma once

#include "pipelines/engine/model_report.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/pipeline_file.h"
#include "pipelines/tensor/sample.h"
#include "server/base/result.h"

namespace inferad::engine {

// Of the labels that `result` holds. `answer`: [channel, axes], as the network gave it; `image`: what it was shown,
// with the steps that are undone. Where `found`, the labels before they were cleaned, had a label that `result` has no
// more, its probability is 0: nobody is to find there what the pipeline dropped. `found` without voxels: nothing was
// cleaned. Errc::model: a channel is not there, holds values that are no probabilities, or does not come back to the
// grid.
Result<Probabilities> probabilities_of(const at::Tensor& answer, const tensor::Volume& image,
                                       const recipe::Segmentation& segmentation, const findings::LabelMap& found,
                                       const findings::LabelMap& result, const findings::Geometry& geometry);

}  // namespace inferad::engine
