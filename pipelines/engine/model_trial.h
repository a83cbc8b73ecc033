// SPDX-License-Identifier: Apache-2.0
// What a pipeline of the kind "model" is tried on when it is loaded: made images, no patient's. No LibTorch.
#pragma once

#include "pipelines/engine/model_pipeline.h"
#include "server/base/result.h"

namespace inferad::engine {

// The first calls with a shape are slow: makes them now, on an empty image. A network that refuses it is no mistake
// yet: the image that comes may suit.
void warm_up(const ModelPipeline& pipeline);

// Shows both an image of waves; `plain` is the same pipeline with its models as they were saved, in float32.
// Errc::model: the other one fails, or its answers differ from the plain ones by more than a twentieth in bfloat16, by
// more than a ten-thousandth when only optimised (root of the mean squares); nothing that cannot be compared is taken.
Status check_against_plain(const ModelPipeline& pipeline, const ModelPipeline& plain);

// Errc::refused: the network gives no gradient, and the pipeline localises a finding by it.
Status check_gradient(const ModelPipeline& pipeline);

}  // namespace inferad::engine
