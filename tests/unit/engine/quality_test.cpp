// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/quality.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using namespace inferad::engine;

namespace {

findings::Image noisy_chest(float deviation) {
  auto image = testing::made_chest();
  std::mt19937 random(3);
  std::normal_distribution<float> noise(0, deviation);
  for (auto& value : image.voxels) value += noise(random);
  return image;
}

Lungs clean_lungs() {
  const auto image = testing::made_chest();
  const auto classes = testing::classes_of(image);
  return find_lungs({grid_of(image.geometry), classes}, image, {}, 2);
}

}  // namespace

TEST_CASE("noise is that in the trachea, and strong noise is told") {
  const auto lungs = clean_lungs();
  for (const float deviation : {10.0F, 30.0F, 60.0F}) {
    const auto image = noisy_chest(deviation);
    CHECK(noise_hu(image, lungs.airways, 2) == Approx(deviation).epsilon(0.1));
    CHECK(quality_remarks(image, lungs, 2).size() == (deviation > 35 ? 1U : 0U));
  }
  CHECK(noise_hu(noisy_chest(60), Mask(lungs.airways.grid()), 2) == 0);
}

TEST_CASE("lungs of very different size are a reason to look") {
  auto lungs = clean_lungs();
  const auto image = testing::made_chest();
  CHECK(quality_remarks(image, lungs, 2).empty());
  lungs.sides.left = Mask::make(lungs.sides.left.grid(), 1, [&](int j, int k, Runs& out) {
    if (k >= 20 && k < 25) combine(lungs.sides.left.row(j, k), {}, SetOperation::unite, out);
  });
  const auto remarks = quality_remarks(image, lungs, 2);
  REQUIRE(remarks.size() == 1);
  CHECK(remarks[0].find("The right lung") == 0);
  lungs.sides.left = Mask(lungs.sides.left.grid());  // not found: told elsewhere
  CHECK(quality_remarks(image, lungs, 2).empty());
}
