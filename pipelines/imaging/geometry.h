// SPDX-License-Identifier: Apache-2.0
// The geometry gate: slices in any order → a regular grid, or why they are none. Nothing is interpolated or left out
// silently. Pure functions over SliceHeader; no I/O.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pipelines/findings/image.h"
#include "pipelines/imaging/refusal.h"
#include "pipelines/imaging/slice_header.h"

namespace inferad::imaging {

struct GeometryTolerance {
  double direction = 1e-3;          // per component of a direction cosine
  double pixel_spacing = 1e-4;      // relative
  double slice_distance = 0.01;     // relative to the median distance …
  double slice_distance_mm = 0.05;  // … or absolute, whichever is larger
  double tilt_degrees = 0.5;        // between slice normal and the line through the positions
  double sideways_mm = 0.05;        // of a slice beside its neighbour, where the tilt does not allow more
};

struct Stack {
  findings::Geometry geometry;
  std::vector<std::size_t> order;  // order[k] = index of the header that is slice k, ascending along the normal
};

// Needs at least two slices that share series, frame of reference, size, pixel spacing and orientation, with positions
// at regular distances along the normal (PS3.3 C.7.6.2.1.1).
OrRefusal<Stack> stack_slices(std::span<const SliceHeader> slices, const GeometryTolerance& tolerance = {});

}  // namespace inferad::imaging
