// SPDX-License-Identifier: Apache-2.0
// What one file, or one frame of a multi-frame file, says about its slice: plain values, checked for form only.
// geometry.h judges them.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/findings/image.h"

namespace inferad::imaging {

// PS3.3 C.7.6.3: how a stored value sits in its cell.
struct PixelFormat {
  int samples = 1, bits_allocated = 16, bits_stored = 16, high_bit = 15;
  bool is_signed = false;
  std::string photometric;  // PhotometricInterpretation
};

struct SliceHeader {
  std::filesystem::path file;
  std::string sop_class_uid, sop_instance_uid, series_uid, study_uid, frame_of_reference_uid, modality;
  std::string transfer_syntax_uid;
  int rows = 0, columns = 0, frames = 1;  // of the file; 0 when absent
  int frame = 0;                          // 1-based; 0: what follows is said of the file, not of one of its frames
  PixelFormat format;

  // Empty when the attribute is missing, has another number of values, or one of them is not a number.
  std::optional<findings::Vec3> position;               // ImagePositionPatient
  std::optional<std::array<double, 6>> orientation;     // ImageOrientationPatient
  std::optional<std::array<double, 2>> pixel_spacing;   // PixelSpacing: between rows, between columns
  std::optional<std::array<double, 2>> imager_spacing;  // ImagerPixelSpacing: the same, at the detector

  // Which of several volumes at one place: temporal position, echo and b-value as written; "" = it does not say.
  std::string phase;

  bool has_rescale = false;         // both attributes are present
  double slope = 1, intercept = 0;  // NaN when present and not a number

  // Pixel Padding Value and Range Limit: stored values, ascending, both included.
  std::optional<std::array<int, 2>> padding;

  findings::GreyScale grey;  // without lowest and highest

  std::string view_position, laterality;
  bool view_modified = false;  // View Modifier Code Sequence: spot compression, magnification, …
  std::string body_part, manufacturer, convolution_kernel, patient_age, patient_sex;
  std::vector<std::string> image_type;
  findings::HeaderTexts header;  // of the data set and of the functional groups of the frame
};

}  // namespace inferad::imaging
