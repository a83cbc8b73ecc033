// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/morphology.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "pipelines/engine/components.h"

namespace inferad::engine {

namespace {

// Half the width of the disc, in columns, at each distance in rows from its centre.
std::vector<std::int32_t> half_widths(const Disc& disc) {
  std::vector<std::int32_t> widths;
  constexpr double kTolerance = 1e-9;
  for (int dj = 0; dj * disc.row_mm <= disc.radius_mm + kTolerance; ++dj) {
    const double height = dj * disc.row_mm;
    const double half = std::sqrt(std::max(0.0, disc.radius_mm * disc.radius_mm - height * height));
    widths.push_back(static_cast<std::int32_t>(std::floor(half / disc.column_mm + kTolerance)));
  }
  return widths;
}

void append_merged(Runs& runs, Runs& out) {
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.begin < b.begin; });
  const auto first = out.size();
  for (const auto& run : runs) {
    if (out.size() > first && run.begin <= out.back().end)
      out.back().end = std::max(out.back().end, run.end);
    else
      out.push_back(run);
  }
}

}  // namespace

Disc disc_of(double radius_mm, const findings::Geometry& geometry) {
  return {radius_mm, geometry.spacing[0], geometry.spacing[1]};
}

Mask dilate(const Mask& mask, const Disc& disc, int threads) {
  const auto widths = half_widths(disc);
  const int reach = static_cast<int>(widths.size()) - 1;
  const auto& grid = mask.grid();
  return Mask::make(grid, threads, [&](int j, int k, Runs& out) {
    Runs near;
    for (int other = std::max(0, j - reach); other <= std::min(grid.rows - 1, j + reach); ++other) {
      const auto width = widths[static_cast<std::size_t>(std::abs(other - j))];
      for (const auto& run : mask.row(other, k))
        near.push_back({std::max(0, run.begin - width), std::min(grid.columns, run.end + width)});
    }
    append_merged(near, out);
  });
}

Mask erode(const Mask& mask, const Disc& disc, int threads) {
  return complement(dilate(complement(mask, threads), disc, threads), threads);
}

Mask open(const Mask& mask, const Disc& disc, int threads) { return dilate(erode(mask, disc, threads), disc, threads); }
Mask close(const Mask& mask, const Disc& disc, int threads) {
  return erode(dilate(mask, disc, threads), disc, threads);
}

Mask fill_holes(const Mask& mask, std::uint64_t area_max, int threads) {
  const auto outside = complement(mask, threads);
  const Components components(outside, Connectivity::in_plane);
  std::vector<bool> hole(components.count(), true);
  const auto& grid = mask.grid();
  components.for_each_run([&](std::size_t component, const Run& run, int j, int) {
    if (j == 0 || j == grid.rows - 1 || run.begin == 0 || run.end == grid.columns) hole[component] = false;
  });
  for (std::size_t c = 0; c < hole.size(); ++c)
    if (area_max > 0 && components.size(c) > area_max) hole[c] = false;
  return combined(mask, components.select(hole), SetOperation::unite, threads);
}

}  // namespace inferad::engine
