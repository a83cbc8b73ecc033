// SPDX-License-Identifier: Apache-2.0
// A volume or an image as NIfTI-1 (.nii, one file, not compressed): float32, millimetres. Nothing of the patient is in
// it but the voxels and where they lie. No DCMTK.
#pragma once

#include <span>
#include <string>

#include "pipelines/findings/image.h"
#include "server/base/result.h"

namespace inferad::results {

// The bytes of the file. `voxels` in the order of findings::Image. NIfTI's axes point right, anterior, superior (x and
// y are DICOM's with the other sign); of a projection image, which lies nowhere in the patient, only the pixel spacing
// is told. Errc::invalid_input: the number of voxels is not the geometry's, or an axis is longer than 32,767.
Result<std::string> nifti_of(std::span<const float> voxels, const findings::Geometry& geometry, bool projection);

}  // namespace inferad::results
