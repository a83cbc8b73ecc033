// SPDX-License-Identifier: Apache-2.0
// Intensities without padding (findings::Image::padding). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipelines/findings/image.h"

namespace inferad::engine {

// visit(index of the slice's first voxel, its part of `values`, its padding). `values`: as many as the image has.
template <class Visit>
void for_each_slice(const findings::Image& image, std::span<const float> values, Visit visit) {
  const findings::Padding none;
  const auto slices = static_cast<std::size_t>(image.geometry.slices);
  const std::size_t size = slices == 0 ? 0 : values.size() / slices;
  for (std::size_t k = 0; k < slices; ++k)
    visit(k * size, values.subspan(k * size, size), image.padding.empty() ? none : image.padding[k]);
}

// Those of `values`, one a voxel of the image, whose voxel is no padding.
std::vector<float> without_padding(const findings::Image& image, std::span<const float> values);

// How many voxels of each label of a map on the image's grid are padding.
std::vector<std::uint64_t> padding_in(const findings::Image& image, const findings::LabelMap& map);  // 256

}  // namespace inferad::engine
