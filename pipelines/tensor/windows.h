// SPDX-License-Identifier: Apache-2.0
// Where the windows of a sliding-window inferer stand and what they weigh. Inside pipelines/tensor only.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "pipelines/tensor/inferer.h"

namespace inferad::tensor {

using Shape = std::vector<std::int64_t>;

struct Windows {
  Shape image;                // spatial, as given
  Shape window;               // spatial
  Shape padded;               // the image, at least as large as a window
  Shape pad_before;           // of each axis
  std::vector<Shape> starts;  // in the padded image, the last axis fastest
};

Result<Windows> place_windows(const Inferer& inferer, const Shape& image);

// float32 on the CPU, of the window's shape: how much each place of a window counts.
at::Tensor window_weights(const Inferer& inferer, const Shape& window);

}  // namespace inferad::tensor
