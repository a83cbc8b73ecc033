// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/heat_map.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace inferad::engine {

namespace {

struct Spot {
  Candidate box;  // in pixels of the grid
  double x = 0, y = 0;
};

std::size_t at(const HeatGrid& grid, int x, int y) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(grid.columns) + static_cast<std::size_t>(x);
}

// The pixels of at least `least` that hang together with the first of them at (x, y), edge to edge.
template <class Take>
void flood(const HeatGrid& grid, int x, int y, float least, Take take) {
  std::vector<bool> seen(grid.values.size(), false);
  std::vector<std::pair<int, int>> open{{x, y}};
  seen[at(grid, x, y)] = true;
  while (!open.empty()) {
    const auto [i, j] = open.back();
    open.pop_back();
    take(i, j);
    for (const auto& [di, dj] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}}) {
      const int p = i + di, q = j + dj;
      if (p < 0 || q < 0 || p >= grid.columns || q >= grid.rows || seen[at(grid, p, q)]) continue;
      if (grid.values[at(grid, p, q)] < least) continue;
      seen[at(grid, p, q)] = true;
      open.emplace_back(p, q);
    }
  }
}

Spot spot_at(const HeatGrid& grid, std::size_t index) {
  const int x = static_cast<int>(index) % grid.columns, y = static_cast<int>(index) / grid.columns;
  const float greatest = grid.values[index];
  Spot spot;
  spot.box.low = {1e9, 1e9, -0.5};
  spot.box.high = {-1e9, -1e9, 0.5};
  flood(grid, x, y, greatest / 2, [&](int i, int j) {
    spot.box.low = {std::min(spot.box.low[0], i - 0.5), std::min(spot.box.low[1], j - 0.5), -0.5};
    spot.box.high = {std::max(spot.box.high[0], i + 0.5), std::max(spot.box.high[1], j + 0.5), 0.5};
  });
  double count = 0;  // a plateau is hottest: patches that hide the whole thing cost the same
  flood(grid, x, y, greatest - std::abs(greatest) * 1e-4F, [&](int i, int j) { spot.x += i, spot.y += j, ++count; });
  spot.x /= count, spot.y /= count;
  return spot;
}

// Between the four pixels around it; outside of them 0.
float between(const HeatGrid& grid, double x, double y) {
  if (x < -0.5 || y < -0.5 || x > grid.columns - 0.5 || y > grid.rows - 0.5) return 0;
  const double cx = std::clamp(x, 0.0, grid.columns - 1.0), cy = std::clamp(y, 0.0, grid.rows - 1.0);
  const int i = static_cast<int>(cx), j = static_cast<int>(cy);
  const int p = std::min(i + 1, grid.columns - 1), q = std::min(j + 1, grid.rows - 1);
  const double u = cx - i, v = cy - j;
  const auto value = [&](int a, int b) { return static_cast<double>(grid.values[at(grid, a, b)]); };
  const double above = (1 - u) * value(i, j) + u * value(p, j), below = (1 - u) * value(i, q) + u * value(p, q);
  return static_cast<float>(std::max(0.0, (1 - v) * above + v * below));
}

}  // namespace

std::vector<int> places_along(int size, int patch, int stride) {
  std::vector<int> places;
  for (int place = 0; place + patch < size; place += stride) places.push_back(place);
  places.push_back(std::max(0, size - patch));
  return places;
}

HeatSum::HeatSum(int columns, int rows)
    : columns_(columns),
      rows_(rows),
      falls_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows), 0.0),
      counts_(falls_.size(), 0) {}

void HeatSum::add(int x, int y, const std::array<int, 2>& patch, double fall) {
  for (int j = y; j < std::min(rows_, y + patch[1]); ++j) {
    for (int i = x; i < std::min(columns_, x + patch[0]); ++i) {
      const auto index = static_cast<std::size_t>(j) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(i);
      falls_[index] += fall;
      ++counts_[index];
    }
  }
}

HeatGrid HeatSum::mean() const {
  HeatGrid grid{columns_, rows_, std::vector<float>(falls_.size()), {}};
  for (std::size_t i = 0; i < falls_.size(); ++i)
    grid.values[i] = counts_[i] == 0 ? 0.0F : static_cast<float>(falls_[i] / counts_[i]);
  return grid;
}

std::optional<HotSpot> hottest(const HeatGrid& grid, const findings::Image& image) {
  const auto greatest = std::max_element(grid.values.begin(), grid.values.end());
  if (greatest == grid.values.end() || !(*greatest > 0)) return std::nullopt;
  const auto spot = spot_at(grid, static_cast<std::size_t>(greatest - grid.values.begin()));
  const Candidate point{{spot.x, spot.y, 0}, {spot.x, spot.y, 0}, 1, 0};
  const auto area = locate(spot.box, grid.to_patient, image);
  const auto peak = locate(point, grid.to_patient, image);
  if (!area || !peak) return std::nullopt;
  return HotSpot{*area, {peak->centre[0], peak->centre[1]}, static_cast<double>(*greatest)};
}

std::vector<float> on_source(const HeatGrid& grid, const findings::Image& image) {
  // place = map · (x, y) + origin in the plane of the image, turned around.
  const auto& m = grid.to_patient;
  const auto& g = image.geometry;
  const double determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];
  std::vector<float> heat(image.geometry.voxels(), 0.0F);
  if (determinant == 0) return heat;
  for (int row = 0; row < g.rows; ++row) {
    for (int column = 0; column < g.columns; ++column) {
      const double px = g.origin[0] + column * g.spacing[0] * g.column_direction[0] +
                        row * g.spacing[1] * g.row_direction[0] - m[0][3];
      const double py = g.origin[1] + column * g.spacing[0] * g.column_direction[1] +
                        row * g.spacing[1] * g.row_direction[1] - m[1][3];
      const double x = (m[1][1] * px - m[0][1] * py) / determinant;
      const double y = (m[0][0] * py - m[1][0] * px) / determinant;
      heat[static_cast<std::size_t>(row) * static_cast<std::size_t>(g.columns) + static_cast<std::size_t>(column)] =
          between(grid, x, y);
    }
  }
  return heat;
}

}  // namespace inferad::engine
