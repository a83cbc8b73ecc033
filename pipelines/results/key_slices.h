// SPDX-License-Identifier: Apache-2.0
// Which slices of a volume show best what was found. Pure functions; the same input gives the same slices. No DCMTK.
#pragma once

#include <span>
#include <vector>

#include "pipelines/findings/image.h"

namespace inferad::results {

constexpr int kKeySlicesMax = 4;

// At most kKeySlicesMax slices, ascending. Each segment, the one with the largest area in a slice first, asks for the
// slice in which it is largest, unless a chosen slice shows at least half of that area. Empty: no voxel has a label up
// to `segments`.
std::vector<int> key_slices(const findings::LabelMap& labels, int segments);

// The slice of the greatest value, the first of equal ones; -1: all values are 0 or less.
int hottest_slice(std::span<const float> values, std::size_t slice_voxels);

}  // namespace inferad::results
