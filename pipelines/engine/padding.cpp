// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/padding.h"

namespace inferad::engine {

std::vector<float> without_padding(const findings::Image& image, std::span<const float> values) {
  std::vector<float> kept;
  kept.reserve(values.size());
  for_each_slice(image, image.voxels, [&](std::size_t first, std::span<const float> voxels, const auto& padding) {
    for (std::size_t i = 0; i < voxels.size(); ++i)
      if (!padding.holds(voxels[i])) kept.push_back(values[first + i]);
  });
  return kept;
}

std::vector<std::uint64_t> padding_in(const findings::Image& image, const findings::LabelMap& map) {
  std::vector<std::uint64_t> count(256);
  if (image.padding.empty()) return count;
  for_each_slice(image, image.voxels, [&](std::size_t first, std::span<const float> voxels, const auto& padding) {
    for (std::size_t i = 0; i < voxels.size(); ++i)
      if (padding.holds(voxels[i])) ++count[map.labels[first + i]];
  });
  return count;
}

}  // namespace inferad::engine
