// SPDX-License-Identifier: Apache-2.0
// What the forms of a segmentation differ in, for writer and check alike. Internal to results/.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipelines/results/bits.h"
#include "pipelines/results/results.h"
#include "server/base/result_kind.h"

namespace inferad::results {

constexpr int kFractionMax = 255;  // (0062,000E) Maximum Fractional Value

struct SegForm {
  ResultKind kind = ResultKind::seg;
  const char* type = "BINARY";  // (0062,0001) Segmentation Type
  int bits = 1;                 // allocated and stored
  const char* fraction = "";    // (0062,0010) Segmentation Fractional Type
  bool probable = false;        // its values are probabilities, of which a voxel may have several
};

// `kind` is one of the three of segmentations.
SegForm seg_form(const ResultRequest& request, ResultKind kind);

// The frames that the object has.
std::vector<GridFrame> frames_of(const ResultRequest& request, const SegForm& form);

// The bytes of one frame of a form with a byte a voxel; `out` has rows * columns.
void frame_bytes(const ResultRequest& request, const SegForm& form, const GridFrame& frame,
                 std::span<std::uint8_t> out);

}  // namespace inferad::results
