// SPDX-License-Identifier: Apache-2.0
// What a header says about its series, copied to the Image. Internal to imaging/.
#pragma once

#include <algorithm>
#include <span>

#include "pipelines/findings/image.h"
#include "pipelines/imaging/slice_header.h"

namespace inferad::imaging {

inline void describe(const SliceHeader& header, findings::Image& image) {
  image.modality = header.modality;
  image.series_uid = header.series_uid;
  image.study_uid = header.study_uid;
  image.frame_of_reference_uid = header.frame_of_reference_uid;
  image.body_part = header.body_part;
  image.manufacturer = header.manufacturer;
  image.convolution_kernel = header.convolution_kernel;
  image.patient_age = header.patient_age;
  image.patient_sex = header.patient_sex;
  image.view_position = header.view_position;
  image.laterality = header.laterality;
  image.image_type = header.image_type;
}

// Where images or frames do not all say the same, nobody may rely on it; what only some say counts as said, too.
inline findings::HeaderTexts common_header(std::span<const SliceHeader> slices) {
  findings::HeaderTexts header;
  for (const auto& slice : slices) header.insert(slice.header.begin(), slice.header.end());
  for (auto& [keyword, said] : header)
    said.differs = std::any_of(slices.begin(), slices.end(), [&, &keyword = keyword, &said = said](const auto& slice) {
      const auto found = slice.header.find(keyword);
      return found == slice.header.end() || found->second.text != said.text;
    });
  return header;
}

}  // namespace inferad::imaging
