// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/key_slices.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "pipelines/results/bits.h"

namespace inferad::results {

namespace {

using Areas = std::array<std::uint32_t, 256>;  // voxels of each label

Areas areas_of(std::span<const std::uint8_t> slice) {
  // Neighbours are mostly alike: four counters keep one from waiting for the other.
  std::array<Areas, 4> counts{};
  std::size_t i = 0;
  for (; i + 4 <= slice.size(); i += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) ++counts[lane][slice[i + lane]];
  for (; i < slice.size(); ++i) ++counts[0][slice[i]];
  for (std::size_t label = 0; label < 256; ++label)
    counts[0][label] += counts[1][label] + counts[2][label] + counts[3][label];
  return counts[0];
}

struct Best {
  std::size_t segment = 0;
  int slice = -1;
  std::uint32_t area = 0;
};

// Where each segment that has a voxel is largest: the first such slice; largest segments first.
std::vector<Best> best_slices(const std::vector<Areas>& areas, int segments) {
  std::vector<Best> best;
  for (std::size_t segment = 1; segment <= static_cast<std::size_t>(std::min(segments, 255)); ++segment) {
    Best one{segment, -1, 0};
    for (std::size_t slice = 0; slice < areas.size(); ++slice)
      if (areas[slice][segment] > one.area) one = {segment, static_cast<int>(slice), areas[slice][segment]};
    if (one.slice >= 0) best.push_back(one);
  }
  std::stable_sort(best.begin(), best.end(), [](const Best& a, const Best& b) { return a.area > b.area; });
  return best;
}

}  // namespace

std::vector<int> key_slices(const findings::LabelMap& labels, int segments) {
  std::vector<Areas> areas;
  for (int slice = 0; slice < labels.slices; ++slice) areas.push_back(areas_of(slice_of(labels, slice)));
  std::vector<int> chosen;
  std::array<bool, 256> shown{};
  const auto all = best_slices(areas, segments);
  for (const auto& best : all) {
    if (shown[best.segment] || chosen.size() == kKeySlicesMax) continue;
    chosen.push_back(best.slice);
    // A slice in which a segment has half its largest area shows that one too.
    for (const auto& other : all)
      if (2 * areas[static_cast<std::size_t>(best.slice)][other.segment] >= other.area) shown[other.segment] = true;
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

int hottest_slice(std::span<const float> values, std::size_t slice_voxels) {
  const auto hottest = std::max_element(values.begin(), values.end());
  if (hottest == values.end() || *hottest <= 0) return -1;
  return static_cast<int>(static_cast<std::size_t>(hottest - values.begin()) / slice_voxels);
}

}  // namespace inferad::results
