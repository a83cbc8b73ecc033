// SPDX-License-Identifier: Apache-2.0
// Density of a region in numbers. Pure; thread-safe.
#pragma once

#include <initializer_list>
#include <optional>

#include "pipelines/engine/mask.h"
#include "pipelines/findings/image.h"

namespace inferad::engine {

// Percentages are shares of the voxels of the region. Limits are inclusive.
struct Density {
  std::uint64_t voxels = 0;
  double volume_ml = 0, mean_hu = 0;
  double perc15_hu = 0;                           // 15th percentile, linear between order statistics
  double laa950_percent = 0, laa910_percent = 0;  // HU <= -950, <= -910
  double haa_percent = 0;                         // -600 <= HU <= -250
};

// Over the union of disjoint masks on the grid of the image. nullopt: no voxels.
std::optional<Density> measure_density(const findings::Image& image, std::initializer_list<const Mask*> region);

}  // namespace inferad::engine
