// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/contour.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

using namespace inferad::results;

namespace {

double area_of(const Polygon& polygon) {
  double twice = 0;
  for (std::size_t i = 0; i + 1 < polygon.size(); ++i)
    twice += polygon[i][0] * polygon[i + 1][1] - polygon[i + 1][0] * polygon[i][1];
  return twice / 2;
}

}  // namespace

TEST_CASE("a rectangle of pixels has its four corners") {
  const std::vector<std::uint8_t> slice{0, 0, 0, 0, 0,  //
                                        0, 2, 2, 2, 0,  //
                                        0, 2, 2, 2, 0,  //
                                        0, 0, 0, 0, 1};
  const auto contours = contours_of(slice, 5, 4, 2);
  REQUIRE(contours.size() == 1);
  CHECK(contours[0] == Polygon{{1, 1}, {4, 1}, {4, 3}, {1, 3}, {1, 1}});
  CHECK(contours_of(slice, 5, 4, 1) == std::vector<Polygon>{{{4, 3}, {5, 3}, {5, 4}, {4, 4}, {4, 3}}});
  CHECK(contours_of(slice, 5, 4, 3).empty());
}

TEST_CASE("a hole has a border of its own, and pixels that touch at a corner stay closed lines") {
  const std::vector<std::uint8_t> ring{1, 1, 1, 1, 0, 1, 1, 1, 1};
  const auto contours = contours_of(ring, 3, 3, 1);
  REQUIRE(contours.size() == 2);
  CHECK(area_of(contours[0]) + area_of(contours[1]) == 8);
  for (const auto& contour : contours_of(std::vector<std::uint8_t>{1, 0, 0, 1}, 2, 2, 1))
    CHECK(contour.front() == contour.back());
}

TEST_CASE("contours enclose exactly the pixels, whatever their shape") {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    const int columns = 1 + static_cast<int>(random() % 12), rows = 1 + static_cast<int>(random() % 12);
    std::vector<std::uint8_t> slice(static_cast<std::size_t>(columns * rows));
    double pixels = 0, area = 0;
    for (auto& label : slice) pixels += label = static_cast<std::uint8_t>(random() % 2);
    for (const auto& contour : contours_of(slice, columns, rows, 1)) {
      REQUIRE(contour.size() >= 5);
      CHECK(contour.front() == contour.back());
      area += area_of(contour);
    }
    CHECK(area == pixels);
  }
}
