// SPDX-License-Identifier: Apache-2.0
// Segmentations on the source grid, each frame with its source slice's own position and a reference to its image:
// - SEG: Segmentation Storage, BINARY (PS3.3 A.51): a frame for each segment and slice that has voxels.
// - SEG_FRACTIONAL: the same with a byte a voxel: PROBABILITY where the network gave one for each segment, else
//   OCCUPANCY, 0 or all, for receivers that cannot read bits.
// - SEG_LABELMAP: Label Map Segmentation Storage (Supplement 243): a frame for each slice, its values segment numbers.
// ResultOptions::full_masks keeps the frames without a voxel; such an object has a UID of its own.
#pragma once

#include <filesystem>

#include "pipelines/results/results.h"

namespace inferad::results {

// True when the mask has a voxel of a segment: without one there is no legal SEG.
bool has_voxels(const ResultRequest& request);

// Need request.image and request.labels. Durable on success; on failure nothing is left at `path`.
Result<WrittenObject> write_seg(const ResultRequest& request, const std::filesystem::path& path);
Result<WrittenObject> write_seg_fractional(const ResultRequest& request, const std::filesystem::path& path);
Result<WrittenObject> write_seg_labelmap(const ResultRequest& request, const std::filesystem::path& path);

// Read `path` back: attributes that must have a value, segments with their codes, frames, references to the images,
// positions, and each voxel. Errc::model with the first contradiction.
Status check_seg(const ResultRequest& request, const std::filesystem::path& path);
Status check_seg_fractional(const ResultRequest& request, const std::filesystem::path& path);
Status check_seg_labelmap(const ResultRequest& request, const std::filesystem::path& path);

}  // namespace inferad::results
