// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/components.h"

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>

#include "pipelines/engine/regions.h"

using namespace inferad;
using namespace inferad::engine;

namespace {

// A slice from text: '#' is set.
Mask drawn(const std::vector<std::vector<std::string>>& slices) {
  const Grid grid{static_cast<int>(slices[0][0].size()), static_cast<int>(slices[0].size()),
                  static_cast<int>(slices.size())};
  return Mask::make(grid, 1, [&](int j, int k, Runs& out) {
    const auto& row = slices[static_cast<std::size_t>(k)][static_cast<std::size_t>(j)];
    append_where(
        row.size(), [&](std::size_t i) { return row[i] == '#'; }, out);
  });
}

// Sizes of 6-connected components by flooding voxel after voxel.
std::multiset<std::uint64_t> flooded_sizes(std::vector<bool> bits, const Grid& g) {
  std::multiset<std::uint64_t> sizes;
  const auto index = [&](int i, int j, int k) { return row_offset(g, j, k) + static_cast<std::size_t>(i); };
  for (int k = 0; k < g.slices; ++k)
    for (int j = 0; j < g.rows; ++j)
      for (int i = 0; i < g.columns; ++i) {
        if (!bits[index(i, j, k)]) continue;
        std::vector<std::array<int, 3>> todo{{i, j, k}};
        bits[index(i, j, k)] = false;
        std::uint64_t size = 0;
        while (!todo.empty()) {
          const auto [x, y, z] = todo.back();
          todo.pop_back();
          ++size;
          for (const auto& [dx, dy, dz] :
               std::vector<std::array<int, 3>>{{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}}) {
            const int a = x + dx, b = y + dy, c = z + dz;
            if (a < 0 || b < 0 || c < 0 || a >= g.columns || b >= g.rows || c >= g.slices) continue;
            if (!bits[index(a, b, c)]) continue;
            bits[index(a, b, c)] = false;
            todo.push_back({a, b, c});
          }
        }
        sizes.insert(size);
      }
  return sizes;
}

}  // namespace

TEST_CASE("diagonal neighbours are connected by corners only, slices not in plane") {
  const auto mask = drawn({{"#...", ".#..", "...#"}, {"#...", "....", "...#"}});
  CHECK(Components(mask, Connectivity::faces).count() == 3);
  CHECK(Components(mask, Connectivity::corners).count() == 2);
  CHECK(Components(mask, Connectivity::in_plane).count() == 5);
}

TEST_CASE("components are those that a flood finds") {
  const Grid grid{17, 9, 5};
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    std::vector<bool> bits(17 * 9 * 5);
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = random() % 5 < 2;
    const auto mask = Mask::make(grid, 1, [&](int j, int k, Runs& out) {
      append_where(
          17, [&](std::size_t i) { return bits[row_offset(grid, j, k) + i]; }, out);
    });
    const Components components(mask, Connectivity::faces);
    std::multiset<std::uint64_t> sizes;
    for (std::size_t c = 0; c < components.count(); ++c) sizes.insert(components.size(c));
    CHECK(sizes == flooded_sizes(bits, grid));
    CHECK(components.largest() == *sizes.rbegin());
    CHECK(keep_largest_component(mask, Connectivity::faces).voxels() == *sizes.rbegin());
  }
}

TEST_CASE("components that share a voxel with a marker are selected") {
  const auto mask = drawn({{"##..##", "......", "###..."}});
  const auto marker = drawn({{".....#", "#.....", "......"}});
  CHECK(touching_components(mask, marker, Connectivity::faces, 1) == drawn({{"....##", "......", "......"}}));
}

TEST_CASE("small components go, by share and by number") {
  const auto mask = drawn({{"####", "....", "##.#"}});
  CHECK(keep_large_components(mask, Connectivity::faces, 0.5, 1) == drawn({{"####", "....", "##.."}}));
  CHECK(keep_large_components(mask, Connectivity::faces, 0, 3) == drawn({{"####", "....", "...."}}));
}

TEST_CASE("between means enclosed along rows and columns") {
  CHECK(between(drawn({{"#####", "#...#", "#...#", "#####"}}), 1).voxels() == 20);
  const auto cup = between(drawn({{"#...#", "#...#", "#####"}}), 1);
  CHECK(cup == drawn({{"#...#", "#...#", "#####"}}));
}
