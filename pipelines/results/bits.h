// SPDX-License-Identifier: Apache-2.0
// The mask of a BINARY SEG: one bit a voxel, least significant bit first, continuous across frames (PS3.5 8.1.1 and
// PS3.3 C.8.20.2): a frame starts within a byte unless rows * columns is a multiple of 8. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipelines/findings/image.h"

namespace inferad::results {

struct MaskFrame {
  int segment = 1;  // Segment::number
  int slice = 0;    // 0-based
};

struct PackedMask {
  std::vector<MaskFrame> frames;    // segments ascending, slices ascending within; only frames with a voxel
  std::vector<std::uint8_t> bytes;  // padded to an even length
  std::size_t voxels = 0;           // bits that are set
};

// `labels.labels` holds rows * columns * slices values; those above `segments` are ignored.
PackedMask pack_mask(const findings::LabelMap& labels, int segments);

// True when frame `index` of `bytes` has exactly the voxels of `slice` (labels of one slice) that carry `segment`.
bool frame_equals(std::span<const std::uint8_t> bytes, std::size_t index, std::span<const std::uint8_t> slice,
                  int segment);

}  // namespace inferad::results
