// SPDX-License-Identifier: Apache-2.0
// Hides one part of an image after the other and asks what that costs the score. Internal to engine/; no LibTorch in
// this header.
#pragma once

#include <functional>
#include <vector>

#include "pipelines/engine/heat_map.h"
#include "pipelines/recipe/localisation.h"
#include "server/base/result.h"

namespace at {
class Tensor;
}

namespace inferad::engine {

// One score for each image of the batch.
using Scores = std::function<Result<std::vector<double>>(const at::Tensor& batch)>;

// `image`: [1, channels, x, y]. Errc::refused: more places than recipe::Localisation allows, told before any call;
// Errc::model: a score that is no number.
Result<HeatGrid> occlude(const at::Tensor& image, const recipe::Localisation& asked, const Scores& scores,
                         const std::function<void(double)>& progress);

}  // namespace inferad::engine
