// SPDX-License-Identifier: Apache-2.0
// Which frames a mask has, and the bits of a BINARY SEG: one bit a voxel, least significant bit first, continuous
// across frames (PS3.5 8.1.1 and PS3.3 C.8.20.2): a frame starts within a byte unless rows * columns is a multiple
// of 8. Pure functions; labels above the number of segments count as background.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipelines/findings/image.h"

namespace inferad::results {

// One frame of an object on the grid of the image: a slice, of one segment or of none.
struct GridFrame {
  int segment = 0;                 // Segment::number; 0: frames of this object are not those of segments
  int slice = 0;                   // 0-based
  std::size_t begin = 0, end = 0;  // of segment_frames(): its voxels lie in these of the slice
};

// Frames::sparse leaves out those without a voxel.
enum class Frames { sparse, full };

// A frame for each segment and slice: segments ascending, slices ascending within. `labels.labels` holds rows * columns
// * slices values. One pass over them.
std::vector<GridFrame> segment_frames(const findings::LabelMap& labels, int segments, Frames which);
// A frame for each slice, of all segments together.
std::vector<GridFrame> slice_frames(const findings::LabelMap& labels, int segments, Frames which);

// Bytes that the bits of so many frames take, padded to an even length.
std::size_t packed_bytes(std::size_t frames, std::size_t frame_voxels);
// Writes the bits of all frames; `bytes` has packed_bytes() zeros. Gives the number of bits that are set.
std::size_t pack_frames(const findings::LabelMap& labels, std::span<const GridFrame> frames,
                        std::span<std::uint8_t> bytes);

// True when frame `index` of `bytes` has exactly the voxels of `slice` (labels of one slice) that carry `segment`.
bool frame_equals(std::span<const std::uint8_t> bytes, std::size_t index, std::span<const std::uint8_t> slice,
                  int segment);

// The labels of one slice.
std::span<const std::uint8_t> slice_of(const findings::LabelMap& labels, int slice);

}  // namespace inferad::results
