// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/sides.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "pipelines/engine/regions.h"
#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using namespace inferad::engine;

namespace {

Mask lung_air(const findings::Image& image) {
  return Mask::make(grid_of(image.geometry), 1, [&](int j, int k, Runs& out) {
    const auto* row = image.voxels.data() + row_offset(grid_of(image.geometry), j, k);
    append_where(
        static_cast<std::size_t>(image.geometry.columns), [&](std::size_t i) { return row[i] > -900 && row[i] < -400; },
        out);
  });
}

// Two lungs as one block, 120 columns wide, with a pleura of one column that stands out by 260 HU and leans by 45
// degrees.
findings::Image touching_lungs() {
  auto image = testing::empty_image(120, 40, 6, {1, 1, 2}, -860);
  for (int k = 0; k < 6; ++k)
    for (int j = 0; j < 40; ++j) {
      auto* row = image.voxels.data() + row_offset({120, 40, 6}, j, k);
      row[40 + j] = -600;
      for (int i = 46; i < 56; ++i)
        if (j < 25 && i > 44 + j) row[i] = -450;  // dense lung beside it must not draw the path
    }
  return image;
}

}  // namespace

TEST_CASE("lungs that touch are parted along the pleura, even beside dense lung") {
  const auto image = touching_lungs();
  const auto sides = separate_sides(lung_air(image), 60, image, 2);
  std::uint64_t wrong = 0;
  for (int k = 0; k < 6; ++k)
    for (int j = 0; j < 40; ++j) {
      for (const auto& run : sides.right.row(j, k))
        wrong += static_cast<std::uint64_t>(std::max(0, run.end - (41 + j)));
      for (const auto& run : sides.left.row(j, k)) wrong += static_cast<std::uint64_t>(std::max(0, 40 + j - run.begin));
    }
  CHECK(wrong < 60);  // of 28800: the corners, where no line is seen on both sides
  CHECK(sides.right.voxels() + sides.left.voxels() == lung_air(image).voxels());
}

TEST_CASE("left is the patient's left, whatever way the columns run") {
  auto image = testing::made_chest();
  const auto lungs = lung_air(image);
  const auto head_first = separate_sides(lungs, 80, image, 1);
  CHECK(head_first.right.voxels() > head_first.left.voxels());
  CHECK(mean_column(head_first.right) < 80);
  image.geometry.column_direction = {-1, 0, 0};
  image.geometry.row_direction = {0, -1, 0};
  const auto prone = separate_sides(lungs, 80, image, 1);
  CHECK(prone.left == head_first.right);
  CHECK(prone.right == head_first.left);
}

TEST_CASE("one lung alone stays whole on its side") {
  auto image = testing::made_chest();
  testing::paint_shape(image, {testing::kTissueHu, 226, 115, 47, 59});
  const auto sides = separate_sides(lung_air(image), 80, image, 1);
  CHECK(sides.right == lung_air(image));
  CHECK(sides.left.empty());
}
