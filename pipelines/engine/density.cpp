// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/density.h"

#include <utility>

#include "pipelines/engine/label_measures.h"
#include "server/base/result.h"

namespace inferad::engine {

namespace {

constexpr float kLaa950 = -950, kLaa910 = -910, kHaaLow = -600, kHaaHigh = -250;

std::vector<float> values_in(const findings::Image& image, std::initializer_list<const Mask*> region) {
  std::size_t count = 0;
  for (const auto* mask : region) count += mask->voxels();
  std::vector<float> values;
  values.reserve(count);
  for (const auto* mask : region) {
    INFERAD_CHECK(mask->grid() == grid_of(image.geometry));
    for (int k = 0; k < mask->grid().slices; ++k) {
      for (int j = 0; j < mask->grid().rows; ++j) {
        const float* row = image.voxels.data() + row_offset(mask->grid(), j, k);
        for (const auto& run : mask->row(j, k)) values.insert(values.end(), row + run.begin, row + run.end);
      }
    }
  }
  return values;
}

}  // namespace

std::optional<Density> measure_density(const findings::Image& image, std::initializer_list<const Mask*> region) {
  auto values = values_in(image, region);
  if (values.empty()) return std::nullopt;
  Density density;
  density.voxels = values.size();
  std::uint64_t laa950 = 0, laa910 = 0, haa = 0;
  double sum = 0;
  for (const float value : values) {
    sum += static_cast<double>(value);
    laa950 += value <= kLaa950 ? 1U : 0U;
    laa910 += value <= kLaa910 ? 1U : 0U;
    haa += value >= kHaaLow && value <= kHaaHigh ? 1U : 0U;
  }
  const auto count = static_cast<double>(values.size());
  const auto percent = [&](std::uint64_t n) { return 100.0 * static_cast<double>(n) / count; };
  density.volume_ml = count * image.geometry.voxel_volume_ml();
  density.mean_hu = sum / count;
  density.laa950_percent = percent(laa950);
  density.laa910_percent = percent(laa910);
  density.haa_percent = percent(haa);
  density.perc15_hu = percentile_of(std::move(values), 15);
  return density;
}

}  // namespace inferad::engine
