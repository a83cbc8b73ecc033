// SPDX-License-Identifier: Apache-2.0
// What a header says about its series, copied to the Image. Internal to imaging/.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

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

// Half a step wider than its values: they are floats after the rescale.
inline findings::Padding padding_of(const SliceHeader& slice) {
  if (!slice.padding) return {};
  const auto modality = [&](int stored) { return slice.slope * stored + slice.intercept; };
  const auto [low, high] = std::minmax({modality(slice.padding->front()), modality(slice.padding->back())});
  const double step = std::abs(slice.slope) / 2;
  return {static_cast<float>(low - step), static_cast<float>(high + step)};
}

// `order`: which of `slices` each slice of the image is.
inline std::vector<findings::Padding> paddings_of(std::span<const SliceHeader> slices,
                                                  std::span<const std::size_t> order) {
  std::vector<findings::Padding> result;
  if (std::none_of(slices.begin(), slices.end(), [](const auto& slice) { return slice.padding.has_value(); }))
    return result;
  for (const auto index : order) result.push_back(padding_of(slices[index]));
  return result;
}

}  // namespace inferad::imaging
