// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/contour.h"

#include <map>
#include <utility>

namespace inferad::results {

namespace {

using Corner = std::pair<int, int>;  // column, row

// Edges with the label on their right, by where they start; a corner where two pixels touch has two.
using Edges = std::multimap<Corner, Corner>;

Edges edges_of(std::span<const std::uint8_t> slice, int columns, int rows, std::uint8_t label) {
  const auto inside = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < columns && y < rows && slice[static_cast<std::size_t>(y * columns + x)] == label;
  };
  Edges edges;
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x) {
      if (!inside(x, y)) continue;
      if (!inside(x, y - 1)) edges.emplace(Corner{x, y}, Corner{x + 1, y});
      if (!inside(x + 1, y)) edges.emplace(Corner{x + 1, y}, Corner{x + 1, y + 1});
      if (!inside(x, y + 1)) edges.emplace(Corner{x + 1, y + 1}, Corner{x, y + 1});
      if (!inside(x - 1, y)) edges.emplace(Corner{x, y + 1}, Corner{x, y});
    }
  return edges;
}

bool straight(const Corner& a, const Corner& b, const Corner& c) {
  return (a.first == b.first && b.first == c.first) || (a.second == b.second && b.second == c.second);
}

// Follows edges from `start` until it comes back, and takes them out.
std::vector<Corner> walk(Edges& edges, Corner start) {
  std::vector<Corner> corners{start};
  for (auto edge = edges.find(start); edge != edges.end(); edge = edges.find(corners.back())) {
    const auto next = edge->second;
    edges.erase(edge);
    const auto size = corners.size();
    if (size > 1 && straight(corners[size - 2], corners[size - 1], next)) corners.pop_back();
    corners.push_back(next);
    if (next == start) break;
  }
  return corners;
}

}  // namespace

std::vector<Polygon> contours_of(std::span<const std::uint8_t> slice, int columns, int rows, std::uint8_t label) {
  auto edges = edges_of(slice, columns, rows, label);
  std::vector<Polygon> polygons;
  while (!edges.empty()) {
    auto& polygon = polygons.emplace_back();
    for (const auto& [x, y] : walk(edges, edges.begin()->first))
      polygon.push_back({static_cast<double>(x), static_cast<double>(y)});
  }
  return polygons;
}

}  // namespace inferad::results
