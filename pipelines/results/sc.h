// SPDX-License-Identifier: Apache-2.0
// SC: Secondary Capture Image Storage (PS3.3 A.8.1), one colour page (overlay.h) for systems that show neither masks
// nor heat maps: key slices with the outlines of segments or the heat over them; product, version, "not for primary
// diagnosis", time, and series and image number of each slice are burned in. Why one page: server/adr/0016. It has no
// position in the patient: viewers must not cross-reference it.
#pragma once

#include <filesystem>

#include "pipelines/results/results.h"

namespace inferad::results {

// True when there is an image with a segment, a place or heat to draw, or several with places.
bool has_overlay(const ResultRequest& request);

// Needs has_overlay(), and images with voxels. Durable on success; on failure nothing is left at `path`.
Result<WrittenObject> write_sc(const ResultRequest& request, const std::filesystem::path& path);

// Reads `path` back: attributes that must have a value, references, and each pixel. Errc::model with the first
// contradiction.
Status check_sc(const ResultRequest& request, const std::filesystem::path& path);

}  // namespace inferad::results
