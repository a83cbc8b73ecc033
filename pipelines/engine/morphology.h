// SPDX-License-Identifier: Apache-2.0
// Morphology within slices: the structuring element is a disc in millimetres, since slices of a CT are thick and thin.
// What lies outside the image counts as background for dilation and as foreground for erosion, so that opening and
// closing do not eat at the border.
#pragma once

#include "pipelines/engine/mask.h"

namespace inferad::engine {

struct Disc {
  double radius_mm = 0;
  double column_mm = 1, row_mm = 1;  // pixel spacing
};
Disc disc_of(double radius_mm, const findings::Geometry& geometry);

Mask dilate(const Mask& mask, const Disc& disc, int threads);
Mask erode(const Mask& mask, const Disc& disc, int threads);
Mask open(const Mask& mask, const Disc& disc, int threads);
Mask close(const Mask& mask, const Disc& disc, int threads);

// Adds the background of each slice that is not connected (4 neighbours) with the border of the image, in pieces of at
// most `area_max` pixels (0: any size).
Mask fill_holes(const Mask& mask, std::uint64_t area_max, int threads);

}  // namespace inferad::engine
