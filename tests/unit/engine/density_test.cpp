// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/density.h"

#include <catch2/catch.hpp>

#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using namespace inferad::engine;

namespace {

Mask everything(const findings::Image& image) { return complement(Mask(grid_of(image.geometry)), 1); }

}  // namespace

TEST_CASE("limits are inclusive") {
  auto image = testing::empty_image(10, 1, 1, {1, 1, 1}, 0);
  image.voxels = {-950, -949.5F, -910, -909, -601, -600, -250, -249, 0, -1024};
  const auto mask = everything(image);
  const auto density = measure_density(image, {&mask});
  REQUIRE(density);
  CHECK(density->voxels == 10);
  CHECK(density->laa950_percent == Approx(20));
  CHECK(density->laa910_percent == Approx(40));
  CHECK(density->haa_percent == Approx(20));
  CHECK(density->volume_ml == Approx(0.01));
}

TEST_CASE("the percentile lies between order statistics") {
  auto image = testing::empty_image(5, 1, 1, {1, 1, 1}, 0);
  image.voxels = {50, 10, 40, 20, 30};
  const auto mask = everything(image);
  CHECK(measure_density(image, {&mask})->perc15_hu == Approx(16));  // rank 0.6
  CHECK(measure_density(image, {&mask})->mean_hu == Approx(30));
  auto one = testing::empty_image(1, 1, 1, {1, 1, 1}, -700);
  const auto single = everything(one);
  CHECK(measure_density(one, {&single})->perc15_hu == Approx(-700));
}

TEST_CASE("several masks are one region, and an empty region has no density") {
  auto image = testing::empty_image(4, 2, 1, {1, 1, 1}, -900);
  const auto upper = Mask::make({4, 2, 1}, 1, [](int j, int, Runs& out) {
    if (j == 0) out.push_back({0, 4});
  });
  const auto lower = complement(upper, 1);
  CHECK(measure_density(image, {&upper, &lower})->voxels == 8);
  const Mask nothing(Grid{4, 2, 1});
  CHECK_FALSE(measure_density(image, {&nothing}));
}
