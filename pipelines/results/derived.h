// SPDX-License-Identifier: Apache-2.0
// DERIVED: the image that a network made (findings.files[0]), a series with one image for each slice of the source:
// - CT Image Storage when its values are Hounsfield units or the source is a CT,
// - MR Image Storage when the source is an MR,
// - else Secondary Capture Image Storage with 16 bits, which lies nowhere in the patient.
// Image Type DERIVED\SECONDARY, each image with a reference to its source slice, and in its place. Not Enhanced
// objects: server/adr/0016. Values are rounded to 1 for Hounsfield units, else to 1/65535 of their range.
#pragma once

#include <filesystem>
#include <vector>

#include "pipelines/results/results.h"

namespace inferad::results {

constexpr int kDerivedImagesMax = 1000;  // the worker names each to the node in one line (server/ARCHITECTURE.md)

bool has_derived(const ResultRequest& request);

struct DerivedFile {
  std::string name;  // "derived-0001.dcm", in slice order
  WrittenObject object;
};

// Needs request.image, request.voxels.derived and findings.files[0]; at most kDerivedImagesMax slices. Durable on
// success; on failure files that were complete may stay.
Result<std::vector<DerivedFile>> write_derived(const ResultRequest& request, const std::filesystem::path& folder);

// Reads the image of `slice` back: attributes that must have a value, place, reference, and each value within half a
// step. Errc::model with the first contradiction.
Status check_derived(const ResultRequest& request, int slice, const std::filesystem::path& path);

}  // namespace inferad::results
