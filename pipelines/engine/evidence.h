// SPDX-License-Identifier: Apache-2.0
// Where in an image the evidence for a score lies (recipe/localisation.h), on the grid of the network's input: by
// hiding parts, or by gradients. Internal to engine/; no LibTorch in this header.
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

// The score of each image of a batch, [images, channels, x, y], which it may write into.
using Scores = std::function<Result<std::vector<double>>(const at::Tensor& batch)>;
// How the sum of the scores of a batch changes with each value of it: as the batch.
using Gradient = std::function<Result<at::Tensor>(const at::Tensor& batch)>;

// `image`: [1, channels, x, y]. Errc::refused: more places than are allowed; Errc::model: it has other axes, or a score
// is no number.
Result<HeatGrid> occlude(const at::Tensor& image, const recipe::Localisation& asked, const Scores& scores,
                         const std::function<void(double)>& progress);

// Sundararajan et al. 2017: the gradients along the way from the fill to the image, times the way. Of each patch their
// sum, which is what hiding it would cost if the score were linear. Errc::model as above.
Result<HeatGrid> integrate_gradients(const at::Tensor& image, const recipe::Localisation& asked,
                                     const Gradient& gradient, const std::function<void(double)>& progress);

}  // namespace inferad::engine
