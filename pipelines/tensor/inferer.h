// SPDX-License-Identifier: Apache-2.0
// How a network is applied to an image: MONAI's SimpleInferer, SlidingWindowInferer and SliceInferer, equal to MONAI
// 1.4.0. Plain values; infer() may be called by several threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/recipe/recipe.h"
#include "server/base/result.h"

namespace inferad::tensor {

// [batch, channel, axes] to the same with other channels; it may throw c10's errors, and must not keep its input, which
// is overwritten for the next call.
using Network = std::function<at::Tensor(const at::Tensor&)>;
using Progress = std::function<void(double fraction)>;  // after each call of the network
using Stop = std::function<bool()>;                     // asked before each call of the network

struct Inferer {
  enum class Kind { simple, sliding_window, slice };
  enum class Blend { constant, gaussian };

  Kind kind = Kind::simple;
  std::vector<std::int64_t> roi_size;  // one for all axes or one for each; not above 0: the whole axis
  std::int64_t batch_size = 1;         // windows in one call of the network
  std::vector<double> overlap{0.25};   // fraction of a window; one for all axes or one for each
  Blend blend = Blend::constant;
  std::vector<double> sigma_scale{0.125};  // of a window
  std::string padding = "constant";        // how an image smaller than a window grows: reflect, replicate, circular
  double padding_value = 0;
  // Not MONAI's: windows with no value above `background` are not shown to the network; where there is no other, each
  // channel of the result is `background_output` (one number, or one for each).
  std::optional<double> background;
  std::vector<double> background_output;
  std::int64_t slice_axis = 0;  // slice only: the spatial axis along which the slices lie
};

// "" is SimpleInferer. Errc::invalid_input names the inferer or argument that is not supported.
Result<Inferer> make_inferer(const recipe::Step& step);

// `input` is [batch, channel, axes]; the result is [batch, the network's channels, axes], or for SimpleInferer what the
// network gives. Errc::model: the shape does not suit; Errc::cancelled: `stop` said so. Runs in inference mode.
Result<at::Tensor> infer(const Inferer& inferer, const at::Tensor& input, const Network& network,
                         const Progress& progress = {}, const Stop& stop = {});

}  // namespace inferad::tensor
