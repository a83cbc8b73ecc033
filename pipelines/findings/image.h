// SPDX-License-Identifier: Apache-2.0
// Image: what imaging/ makes of a DICOM series and engine/ computes on. LabelMap: what engine/ gives back and results/
// writes as SEG. Both on the source grid. No DCMTK, no LibTorch.
//
// Frames: patient coordinates are DICOM's (LPS, mm). Voxel (column i, row j, slice k) has its centre at
//   origin + i * spacing[0] * column_direction + j * spacing[1] * row_direction + k * spacing[2] * slice_direction
// where column_direction = ImageOrientationPatient[0..2] (along a row, increasing column index) and
// row_direction = ImageOrientationPatient[3..5]. Slices ascend along slice_direction = cross(column, row) direction.
// Storage order: columns fastest, then rows, then slices.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipelines/findings/header_attribute.h"

namespace inferad::findings {

using Vec3 = std::array<double, 3>;

struct Geometry {
  int columns = 0, rows = 0, slices = 0;
  Vec3 origin{};                                                                     // mm, centre of voxel (0,0,0)
  Vec3 column_direction{1, 0, 0}, row_direction{0, 1, 0}, slice_direction{0, 0, 1};  // unit vectors
  Vec3 spacing{1, 1, 1};  // mm: between columns, between rows, between slice centres
  std::size_t voxels() const {
    return static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows) * static_cast<std::size_t>(slices);
  }
  double voxel_volume_ml() const { return spacing[0] * spacing[1] * spacing[2] / 1000.0; }
};

// The instance (and frame) that one slice came from.
struct SourceSlice {
  std::filesystem::path file;  // DICOM Part 10
  std::string sop_class_uid, sop_instance_uid;
  int frame = 1;    // 1-based
  Vec3 position{};  // ImagePositionPatient, mm
};

// How the values of a projection image are meant to be shown (PS3.3 C.11.2): pipelines that want 0..1 take it from
// here.
struct GreyScale {
  enum class Function { linear, linear_exact, sigmoid };
  bool inverted = false;  // MONOCHROME1 or Presentation LUT Shape INVERSE: the smallest value is shown white
  bool windowed = false;  // centre and width (of the first VOI window) are known
  double centre = 0, width = 1;
  Function function = Function::linear;
  double lowest = 0, highest = 1;  // modality values of the smallest and the largest value that can be stored
};

// Modality values that say "no image here" (PS3.3 C.7.5.1.1.2), as around a circular field of view. Both ends included;
// low > high: there are none.
struct Padding {
  float low = 1, high = 0;
  bool holds(float value) const { return low <= value && value <= high; }
};

// One of several images that a pipeline needs together.
struct WantedView {
  std::string name;                // "left_cc"
  std::string laterality;          // "L", "R", "B"; "" = any
  std::vector<std::string> views;  // "CC", or several names of one view; empty = any
};

// What a pipeline takes of an object with several frames that lie nowhere in the patient (US, XA, RF).
enum class FrameChoice {
  none,    // such objects are not taken
  all,     // each frame is a slice of the Image
  first,   // one image
  middle,  // one image: of n frames the one after n / 2 others, rounded down
};

// A volume, or one projection image: then `slices` is 1, the frame is that of the detector (origin 0, columns along x,
// rows along y), and `projection` is true. Of a multi-frame object with FrameChoice::all the slices are its frames.
struct Image {
  Geometry geometry;
  bool projection = false;
  GreyScale grey;                    // of a projection image
  bool spacing_known = true;         // false: a projection image without any pixel spacing; 1 mm stands for it
  std::vector<float> voxels;         // modality values (CT: Hounsfield units)
  std::vector<SourceSlice> sources;  // one a slice, in slice order
  std::vector<Padding> padding;      // the same; empty: no slice has any. No statistic of intensities counts it
  std::string modality, series_uid, study_uid, frame_of_reference_uid;
  std::string body_part, manufacturer, convolution_kernel, patient_age, patient_sex;
  std::string view_position, laterality;  // (0018,5101) "PA"; (0020,0062) or (0020,0060) "L"
  std::vector<std::string> image_type;
  HeaderTexts header;        // what it says for the attributes of header_attribute.h
  bool has_rescale = false;  // RescaleSlope and RescaleIntercept were present in every slice
};

struct LabelMap {
  int columns = 0, rows = 0, slices = 0;  // the grid of the Image it belongs to
  std::vector<std::uint8_t> labels;       // 0 = background, n = Segment::number
};

}  // namespace inferad::findings
