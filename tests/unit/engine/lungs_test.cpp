// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/lungs.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using namespace inferad::engine;
using namespace inferad::testing;

namespace {

Lungs lungs_of(const findings::Image& image, int threads = 2) {
  const auto classes = classes_of(image);
  return find_lungs({grid_of(image.geometry), classes}, image, {}, threads);
}

bool same(std::uint64_t found, std::uint64_t expected, double share) {
  return std::abs(static_cast<double>(found) / static_cast<double>(expected) - 1) <= share;
}

const std::uint64_t kRight = voxels_near(made_chest(), kLungHu, 0, 79);
const std::uint64_t kLeft = voxels_near(made_chest(), kLungHu, 80, 159);

}  // namespace

TEST_CASE("both lungs are found, without table, trachea and the air around") {
  const auto lungs = lungs_of(made_chest());
  CHECK(lungs.sides.right.voxels() == kRight);
  CHECK(lungs.sides.left.voxels() == kLeft);
  CHECK(lungs.airways.voxels() > 25U * 254 / 4);  // the lumen, in 25 slices
  CHECK(combined(lungs.airways, lungs.sides.right, SetOperation::intersect, 1).empty());
}

TEST_CASE("the number of threads does not change the lungs") {
  const auto one = lungs_of(made_chest(), 1), four = lungs_of(made_chest(), 4);
  CHECK(one.sides.right == four.sides.right);
  CHECK(one.sides.left == four.sides.left);
}

TEST_CASE("vessels inside a lung belong to it") {
  auto image = made_chest();
  for (double y = 70; y < 160; y += 20) paint_shape(image, {kTissueHu, 90, y, 5, 5, 8, 35});
  paint_shape(image, {kTissueHu, 140, 115, 14, 4, 20, 22});  // reaches out to the mediastinum
  const auto lungs = lungs_of(image);
  CHECK(same(lungs.sides.right.voxels(), kRight, 0.005));
}

TEST_CASE("bowel gas is no lung, severe emphysema is") {
  auto image = made_chest();
  paint_shape(image, {kAirHu, 215, 100, 40, 35, 0, 3});  // stomach, below the left lung
  CHECK(lungs_of(image).sides.left.voxels() == kLeft);
  paint_shape(image, {-990, 90, 115, 45, 47, 5, 40});
  CHECK(lungs_of(image).sides.right.voxels() == kRight);
}

TEST_CASE("lung that is dense is lung to its edge") {
  const auto with_rim = [](float lung) {
    auto image = made_chest();
    paint_shape(image, {-300, 90, 115, 58, 60, 10, 30});
    paint_shape(image, {lung, 90, 115, 56, 58, 10, 30});
    return image;
  };
  const auto normal = with_rim(kLungHu), dense = with_rim(-450);
  CHECK(lungs_of(normal).sides.right.voxels() == kRight);  // half-way from -860 to tissue is below -300
  CHECK(lungs_of(dense).sides.right.voxels() == kRight + voxels_near(dense, -300, 0, 79));
}

TEST_CASE("where the wall of the chest is thin or cut off, the lung stays") {
  auto image = made_chest();
  for (int k = 0; k < 50; ++k)
    for (int j = 0; j < 120; ++j)
      for (int i = 0; i < 160; ++i)
        if (i < 14) image.voxels[row_offset({160, 120, 50}, j, k) + static_cast<std::size_t>(i)] = -2000;
  CHECK(same(lungs_of(image).sides.right.voxels(), kRight, 0.01));
}

TEST_CASE("padding around a round field of view is no air") {
  auto image = made_chest();
  for (int k = 0; k < 50; ++k)
    for (int j = 0; j < 120; ++j)
      for (int i = 0; i < 160; ++i)
        if (std::hypot(i * 2.0 - 160, j * 2.0 - 120) > 170)
          image.voxels[row_offset({160, 120, 50}, j, k) + static_cast<std::size_t>(i)] = -2000;
  const auto lungs = lungs_of(image);
  CHECK(lungs.sides.right.voxels() == kRight);
  CHECK(lungs.sides.left.voxels() == kLeft);
}

TEST_CASE("a picture without a body, or without lungs, has none") {
  for (const float hu : {kAirHu, kTissueHu, -2000.0F}) {
    const auto lungs = lungs_of(empty_image(64, 64, 20, {2, 2, 4}, hu));
    CHECK(lungs.sides.right.empty());
    CHECK(lungs.sides.left.empty());
  }
  auto abdomen = empty_image(160, 120, 50, {2, 2, 4}, kAirHu);
  paint_shape(abdomen, {kTissueHu, 160, 115, 140, 92});
  paint_shape(abdomen, {kAirHu, 200, 90, 30, 30, 10, 30});
  CHECK(lungs_of(abdomen).sides.left.empty());
}
