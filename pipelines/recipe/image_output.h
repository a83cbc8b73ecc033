// SPDX-License-Identifier: Apache-2.0
// An image as the output of a pipeline: synthetic CT, a dose, a smoothed or corrected image. Plain values.
#pragma once

#include <string>

#include "pipelines/findings/findings.h"
#include "pipelines/recipe/eligibility.h"

namespace inferad::recipe {

// The entry pred after postprocessing is an image on the grid of the source, [1, …]: one value a voxel, in `unit`.
struct ImageOutput {
  std::string id;     // "synthetic-ct": the file is id.nii
  std::string label;  // "Synthetic CT"
  findings::CodedConcept content, unit;
  Range range;  // values outside are the model's mistake: the study is "failed"
};

}  // namespace inferad::recipe
