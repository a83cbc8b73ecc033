// SPDX-License-Identifier: Apache-2.0
// Segmentation Storage, BINARY (PS3.3 A.51): one frame for each segment and slice that has voxels, on the source grid,
// with each source slice's own position and a reference to its image.
#pragma once

#include <filesystem>

#include "pipelines/results/results.h"

namespace inferad::results {

// True when the mask has a voxel of a segment: without one there is no legal SEG.
bool has_voxels(const ResultRequest& request);

// Needs request.image and request.labels. Durable on success; on failure nothing is left at `path`.
Result<WrittenObject> write_seg(const ResultRequest& request, const std::filesystem::path& path);

// Reads `path` back: attributes that must have a value, frames and segments, references to the images, and each bit of
// the mask. Errc::model with the first contradiction.
Status check_seg(const ResultRequest& request, const std::filesystem::path& path);

}  // namespace inferad::results
