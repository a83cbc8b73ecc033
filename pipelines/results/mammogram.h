// SPDX-License-Identifier: Apache-2.0
// What a mammogram says of itself, for the image library of a CAD report (PS3.16 TID 4020). Internal to results/.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/findings/facts.h"
#include "server/base/result.h"

namespace inferad::results {

// What the header does not say is absent or "".
struct Mammogram {
  std::optional<findings::CodedConcept> laterality;  // CID 6022 Side
  std::optional<findings::CodedConcept> view;        // CID 4014 View for Mammography
  std::vector<findings::CodedConcept> modifiers;     // CID 4015, as the header codes them
  std::string row, column;                           // Patient Orientation: "A", "FR"
  std::string study_date, study_time, content_date, content_time;
  std::optional<double> horizontal_mm, vertical_mm;  // between pixels, at the detector where it says so
};

// Reads the header. Errc::invalid_input: not readable as DICOM.
Result<Mammogram> read_mammogram(const std::filesystem::path& file);

}  // namespace inferad::results
