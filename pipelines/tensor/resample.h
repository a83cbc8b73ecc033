// SPDX-License-Identifier: Apache-2.0
// Interpolation at the voxels of another grid, as torch's grid_sample in float64 does it, without making the grid:
// axis by axis where the axes stay parallel. On other devices than the CPU by grid_sample itself. Threads of ATen.
#pragma once

#include <ATen/core/Tensor.h>

#include "pipelines/tensor/taps.h"

namespace inferad::tensor {

// Data [channel, spatial axes]; result [channel, shape], float32, in the memory order of the data. `index_map` leads
// from a voxel of the result to a place in the data, in voxels.
at::Tensor resample(const at::Tensor& data, const Affine& index_map, const Shape& shape, const Resampling& options);

// The channel with the largest interpolated value, the first of equal ones, [1, shape], uint8; at most 256 channels. As
// argmax over the channels of resample(), without making them.
at::Tensor resample_argmax(const at::Tensor& data, const Affine& index_map, const Shape& shape,
                           const Resampling& options);

// One channel with values from 0 to 1 in 255ths, [1, shape], uint8. As resample(), without its floats.
at::Tensor resample_fractions(const at::Tensor& data, const Affine& index_map, const Shape& shape,
                              const Resampling& options);
at::Tensor to_fractions(const at::Tensor& values);  // without resampling, of any shape

// The same as resample() by torch's grid_sample, for any device.
at::Tensor resample_by_grid(const at::Tensor& data, const Affine& index_map, const Shape& shape,
                            const Resampling& options);

}  // namespace inferad::tensor
