// SPDX-License-Identifier: Apache-2.0
// Outlines of a label in one slice, along the edges of its pixels: (0, 0) is the outer corner of the first pixel, as in
// SCOORD and in presentation states. Pure. Internal to results/.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace inferad::results {

using Polygon = std::vector<std::array<double, 2>>;  // columns and rows; closed: the first point again at the end

// One for each connected border, holes too; corners only. `slice` holds columns * rows labels.
std::vector<Polygon> contours_of(std::span<const std::uint8_t> slice, int columns, int rows, std::uint8_t label);

}  // namespace inferad::results
