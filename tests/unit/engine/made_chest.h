// SPDX-License-Identifier: Apache-2.0
// A chest from a few ellipses, small enough for unit tests: 160 x 120 x 50 voxels of 2 x 2 x 4 mm. Patient coordinates:
// x from 0 at the right edge of the picture, y to the back, slices to the head.
#pragma once

#include <cstdint>
#include <vector>

#include "pipelines/engine/regions.h"
#include "pipelines/findings/image.h"

namespace inferad::testing {

inline constexpr float kTissueHu = 40, kLungHu = -860, kAirHu = -1000;

// Ellipses in every slice from first to last; painted in order.
struct Shape {
  float hu;
  double x, y, radius_x, radius_y;  // mm
  int first = 0, last = 49;
};

findings::Image empty_image(int columns, int rows, int slices, const findings::Vec3& spacing, float hu);
void paint_shape(findings::Image& image, const Shape& shape);

// Body, table with foam, lungs in slices 5 to 40 (the right one is larger), trachea from slice 25 up.
findings::Image made_chest();

// The classes of the limits in models/lung-topology/model.py, without smoothing.
std::vector<std::uint8_t> classes_of(const findings::Image& image);

// Voxels with about this value in these columns.
std::uint64_t voxels_near(const findings::Image& image, float hu, int first_column, int last_column);

}  // namespace inferad::testing
