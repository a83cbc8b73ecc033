// SPDX-License-Identifier: Apache-2.0
// PMAP: Parametric Map Storage (PS3.3 A.75), 32 bit floats: how much of a finding's score each voxel accounts for, on
// the source grid, a frame for each slice with a value above 0 (with ResultOptions::full_masks: for each slice).
// Never the only copy of a result: few viewers show it. A parametric map must lie somewhere (PS3.3 A.75.3): that of a
// radiograph lies in a frame of reference of its own, which is that of the detector and says nothing of the patient.
#pragma once

#include <filesystem>

#include "pipelines/results/results.h"

namespace inferad::results {

// True when there is heat above 0.
bool has_heat(const ResultRequest& request);

// Needs request.image and request.voxels.heat. Durable on success; on failure nothing is left at `path`.
Result<WrittenObject> write_pmap(const ResultRequest& request, const std::filesystem::path& path);

// Reads `path` back: attributes that must have a value, units, frames, references, and each value bit for bit.
// Errc::model with the first contradiction.
Status check_pmap(const ResultRequest& request, const std::filesystem::path& path);

}  // namespace inferad::results
