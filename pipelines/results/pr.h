// SPDX-License-Identifier: Apache-2.0
// Grayscale Softcopy Presentation State (PS3.3 A.33.1): boxes and points of findings and contours of segments as
// graphic annotations over the source images, a layer for the findings and one for each segment.
#pragma once

#include <filesystem>

#include "pipelines/results/results.h"

namespace inferad::results {

// Something can be drawn: the request has its image, and a place or a voxel of a segment lies on it.
bool has_drawings(const ResultRequest& request);

// Needs has_drawings(). Durable on success; on failure nothing is left at `path`.
Result<WrittenObject> write_pr(const ResultRequest& request, const std::filesystem::path& path);

// Reads `path` back: attributes that must have a value, every annotated image one of the source and listed in the
// relationship module, coordinates within the image, counts of points. Errc::model with the first contradiction.
Status check_pr(const ResultRequest& request, const std::filesystem::path& path);

}  // namespace inferad::results
