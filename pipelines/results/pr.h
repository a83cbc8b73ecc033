// SPDX-License-Identifier: Apache-2.0
// Grayscale Softcopy Presentation State (PS3.3 A.33.1): boxes and points of findings and contours of segments as
// graphic annotations over the source images, a layer for the findings and one for each segment. Images of different
// sizes have a displayed area and a window of their own in it.
#pragma once

#include <cstddef>
#include <filesystem>

#include "pipelines/results/results.h"

namespace inferad::results {

// How many it takes: none when no place and no voxel of a segment lies on an image of the request; one, or more where
// images that were analysed together turn their values into grey in different ways.
std::size_t presentations_of(const ResultRequest& request);

// The presentation state `number` (from 0) of presentations_of(). Durable on success; on failure nothing is left at
// `path`.
Result<WrittenObject> write_pr(const ResultRequest& request, const std::filesystem::path& path, std::size_t number = 0);

// Reads `path` back: attributes that must have a value, every annotated image one of the source and listed in the
// relationship module, coordinates within the image, counts of points. Errc::model with the first contradiction.
Status check_pr(const ResultRequest& request, const std::filesystem::path& path);

}  // namespace inferad::results
