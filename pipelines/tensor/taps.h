// SPDX-License-Identifier: Apache-2.0
// Where the voxels of a result lie in the data, with the roundings of torch's affine_grid
// and grid_sample, which decide where nearest neighbours are half-way.
// No LibTorch.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pipelines/tensor/affine.h"

namespace inferad::tensor {

enum class Padding { border, zeros, reflection };

struct Resampling {
  bool nearest = false;  // half-way: the even neighbour; otherwise linear
  Padding padding = Padding::border;
  bool align_corners = false;  // MONAI's mixture of conventions, not a mere shift of the grid
};

// Coordinates from -1 to 1 over an axis. base[axis][index] of the result, the matrix, then -1…1 of the data.
struct NormalisedMap {
  std::array<std::vector<double>, 3> base;
  std::array<std::array<double, 4>, 3> matrix;
  std::array<std::int64_t, 3> data_shape;
  Resampling options;

  // The voxel of the data at g in -1…1, padding not yet applied.
  double place(std::size_t axis, double g) const;
  // No axis of the data depends on more than its own of the result, as far as voxels can tell.
  bool separable() const;
};

// Shapes with three axes.
NormalisedMap normalised_map(const Affine& index_map, const std::array<std::int64_t, 3>& data_shape,
                             const std::array<std::int64_t, 3>& shape, const Resampling& options);

// One axis at one voxel of the result: two neighbours and their weights. Outside with zeros: weight 0.
struct Tap {
  std::int64_t low = 0, high = 0;
  double low_weight = 1, high_weight = 0;
};

Tap tap_at(double place, std::int64_t size, const Resampling& options);
std::vector<Tap> taps_along(const NormalisedMap& map, std::size_t axis);  // of a separable map

}  // namespace inferad::tensor
