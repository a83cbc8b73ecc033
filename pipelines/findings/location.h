// SPDX-License-Identifier: Apache-2.0
// Where a finding lies, and what the evidence for it looks like. Plain values.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace inferad::findings {

// An image, or one frame of it.
struct ImageReference {
  std::string sop_class_uid, sop_instance_uid;
  int frame = 1;  // 1-based
};

// Where a finding lies. With a frame of reference: patient coordinates (LPS, mm). Without: columns and rows of the
// first image, third number 0; (0, 0) is the outer corner of its first pixel, as in SCOORD (PS3.3 C.18.6).
struct Location {
  enum class Form { point, box };
  Form form = Form::point;
  std::string frame_of_reference_uid;
  std::array<double, 3> centre{};
  // Box: from the centre to the middle of a face, one for each pair of faces: three in the patient, two in an image.
  std::vector<std::array<double, 3>> half_axes;
  std::vector<ImageReference> images;  // that it reaches; the one at its centre first
};

// How much of the score each pixel of the image accounts for, as a file beside findings.json.
struct HeatMapReference {
  std::string file;              // plain name: "heatmap-pneumonia.pgm"
  std::array<double, 2> peak{};  // column and row, as in Location: the hottest place
  double greatest = 0;           // how far the score falls when that is hidden
};

}  // namespace inferad::findings
