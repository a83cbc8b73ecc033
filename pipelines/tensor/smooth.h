// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace inferad::tensor {

// Integrals of a Gaussian over the voxels, cut at 4 sigma; 0 beyond the volume. Data [channel, spatial axes]; one sigma
// in voxels for each axis, 0: not along this one. Result float32.
at::Tensor gaussian_smooth(const at::Tensor& data, const std::vector<double>& sigmas);

}  // namespace inferad::tensor
