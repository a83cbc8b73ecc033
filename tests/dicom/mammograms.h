// SPDX-License-Identifier: Apache-2.0
// The four views of a mammogram on disk, of different sizes, with findings that name them.
#pragma once

#include "tests/dicom/synthetic_series.h"

namespace inferad::testing {

struct Mammograms : SyntheticSeries {
  Mammograms();

  // With the four views instead of an image: the network got them together.
  results::ResultRequest request(const results::SourceHeader& header) const;
  findings::ImageReference image_of(const std::string& view) const;
  // A box or, without half sizes, a point on a view; columns and rows.
  findings::Finding& add(const std::string& view, const findings::CodedConcept& code, std::array<double, 2> centre,
                         std::array<double, 2> half = {});
  void claim(const findings::CodedConcept& code, findings::Presence presence);  // of the study as a whole

  std::vector<findings::Image> views;  // left_cc, left_mlo, right_cc, right_mlo, with voxels
};

}  // namespace inferad::testing
