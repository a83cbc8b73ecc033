// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/heat_map.h"

#include <catch2/catch.hpp>

using namespace inferad;
using namespace inferad::engine;

namespace {

// 40 x 30 pixels of 0.5 x 0.25 mm.
findings::Image image() {
  findings::Image result;
  result.projection = true;
  result.geometry.columns = 40, result.geometry.rows = 30, result.geometry.slices = 1;
  result.geometry.spacing = {0.5, 0.25, 1};
  result.voxels.assign(1200, 0);
  result.sources.push_back({"", "1.2.840.10008.5.1.4.1.1.1.1", "1.2.6", 1, {}});
  return result;
}

// A grid of 20 x 10 pixels over the same field (pixels of 1 x 0.75 mm), turned around along x: its pixel 0 lies right.
HeatGrid grid() {
  HeatGrid result{20, 10, std::vector<float>(200, 0.0F), {}};
  result.to_patient = {{{-1, 0, 0, 19.25}, {0, 0.75, 0, 0.25}, {0, 0, 1, 0}}};
  return result;
}

float& at(HeatGrid& grid, int x, int y) { return grid.values.at(static_cast<std::size_t>(y * grid.columns + x)); }

}  // namespace

TEST_CASE("the patch reaches both ends of the image and steps no further than its stride") {
  CHECK(places_along(10, 4, 3) == std::vector<int>{0, 3, 6});
  CHECK(places_along(10, 4, 4) == std::vector<int>{0, 4, 6});
  CHECK(places_along(4, 4, 1) == std::vector<int>{0});
  CHECK(places_along(3, 8, 8) == std::vector<int>{0});
}

TEST_CASE("a pixel has the mean of the patches that hide it") {
  HeatSum sum(6, 1);
  sum.add(0, 0, {4, 1}, 0.4);
  sum.add(2, 0, {4, 1}, 0.2);
  const auto mean = sum.mean();
  CHECK(mean.values == std::vector<float>{0.4F, 0.4F, 0.3F, 0.3F, 0.2F, 0.2F});
}

TEST_CASE("the hottest place is led back through a mirror and pixels that are no squares") {
  auto heat = grid();
  for (int y = 2; y < 5; ++y)
    for (int x = 3; x < 8; ++x) at(heat, x, y) = 0.3F;
  for (int x = 4; x < 7; ++x) at(heat, x, 3) = 0.5F;
  at(heat, 15, 8) = 0.45F;  // hot, but apart
  at(heat, 8, 3) = 0.2F;    // less than half
  const auto spot = hottest(heat, image());
  REQUIRE(spot);
  CHECK(spot->greatest == Approx(0.5));
  // Its middle (5, 3) lies at 14.25 mm, 2.5 mm: column 28.5, row 10, and half a pixel to the corner.
  CHECK(spot->peak[0] == Approx(29));
  CHECK(spot->peak[1] == Approx(10.5));
  CHECK(spot->area.form == findings::Location::Form::box);
  CHECK(spot->area.images.at(0).sop_instance_uid == "1.2.6");
  CHECK(spot->area.centre[0] == Approx(29));
  CHECK(spot->area.half_axes.at(0)[0] == Approx(5));    // 5 pixels of 1 mm are 10 columns
  CHECK(spot->area.half_axes.at(1)[1] == Approx(4.5));  // 3 pixels of 0.75 mm are 9 rows
}

TEST_CASE("on the source's grid the heat lies where it belongs") {
  auto heat = grid();
  at(heat, 5, 3) = 0.5F;
  at(heat, 18, 9) = -0.5F;
  const auto map = on_source(heat, image());
  REQUIRE(map.size() == 1200);
  const auto hot = std::max_element(map.begin(), map.end()) - map.begin();
  CHECK(hot / 40 == 10);
  CHECK((hot % 40 == 28 || hot % 40 == 29));
  CHECK(*std::min_element(map.begin(), map.end()) == 0);
  CHECK(map[0] == 0);
}

TEST_CASE("where nothing lowers the score there is no place") {
  auto heat = grid();
  CHECK_FALSE(hottest(heat, image()));
  for (auto& value : heat.values) value = -0.1F;
  CHECK_FALSE(hottest(heat, image()));
}
