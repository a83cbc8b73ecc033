// SPDX-License-Identifier: Apache-2.0
// What an image must be like to be analysed: the card of a model says it (model.json, "accepts"), and a pipeline may
// ask for less (pipeline.json, "eligibility"). Both hold; outside of either the study gets a coded "not analysed
// because …". Plain values; what is empty or absent asks for nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipelines/recipe/intensity.h"
#include "pipelines/recipe/range.h"

namespace inferad::recipe {

// Texts are compared without regard to case; of a list one must fit.
struct Eligibility {
  std::vector<std::string> modality;      // Modality (0008,0060)
  std::vector<std::string> body_part;     // BodyPartExamined (0018,0015)
  std::vector<std::string> view;          // ViewPosition (0018,5101)
  std::vector<std::string> sex;           // PatientSex (0010,0040)
  std::vector<std::string> manufacturer;  // Manufacturer (0008,0070) begins with it
  std::vector<std::string> orientation;   // "axial", "coronal", "sagittal", "oblique"
  Range age_years;                        // PatientAge (0010,1010), months and days as parts of a year
  Range pixel_spacing_mm;                 // between columns and between rows
  Range slice_distance_mm;
  Range slices, rows, columns;    // numbers
  Range coverage_mm;              // slices times slice distance
  Intensity intensity;            // of the values themselves
  bool rescale_required = false;  // values without Rescale Slope and Intercept are not what the model knows
  bool refuse_unknown = false;    // an attribute asked for above is absent: refused, instead of accepted with a remark
};

}  // namespace inferad::recipe
