// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/morphology.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

using namespace inferad;
using namespace inferad::engine;

namespace {

constexpr Grid kGrid{31, 25, 2};

Mask random_mask(unsigned seed, unsigned one_in) {
  std::mt19937 random(seed);
  std::vector<bool> bits(31 * 25 * 2);
  for (std::size_t n = 0; n < bits.size(); ++n) bits[n] = random() % one_in == 0;
  return Mask::make(kGrid, 1, [&](int j, int k, Runs& out) {
    append_where(
        31, [&](std::size_t i) { return bits[row_offset(kGrid, j, k) + i]; }, out);
  });
}

bool inside(const Mask& mask, int i, int j, int k) {
  for (const auto& run : mask.row(j, k))
    if (i >= run.begin && i < run.end) return true;
  return false;
}

// By definition: some set voxel lies within the disc.
bool near(const Mask& mask, int i, int j, int k, const Disc& disc) {
  for (int y = 0; y < kGrid.rows; ++y)
    for (int x = 0; x < kGrid.columns; ++x)
      if (std::hypot((x - i) * disc.column_mm, (y - j) * disc.row_mm) <= disc.radius_mm + 1e-9 && inside(mask, x, y, k))
        return true;
  return false;
}

Mask disc_mask(double radius) {
  return Mask::make(kGrid, 1, [&](int j, int, Runs& out) {
    append_where(
        31, [&](std::size_t i) { return std::hypot(static_cast<double>(i) - 15, j - 12) <= radius; }, out);
  });
}

}  // namespace

TEST_CASE("dilation reaches as far as the disc, in millimetres") {
  for (const auto& disc : {Disc{2, 1, 1}, Disc{3.5, 0.7, 1.4}, Disc{0.4, 1, 1}}) {
    const auto mask = random_mask(7, 40);
    const auto grown = dilate(mask, disc, 2);
    for (int k = 0; k < kGrid.slices; ++k)
      for (int j = 0; j < kGrid.rows; ++j)
        for (int i = 0; i < kGrid.columns; ++i) REQUIRE(inside(grown, i, j, k) == near(mask, i, j, k, disc));
  }
}

TEST_CASE("opening only takes, closing only gives, and a second time changes nothing") {
  const Disc disc{2, 1, 1};
  for (unsigned seed = 0; seed < 5; ++seed) {
    const auto mask = random_mask(seed, 2);
    const auto opened = open(mask, disc, 2), closed = close(mask, disc, 2);
    CHECK(combined(opened, mask, SetOperation::subtract, 1).empty());
    CHECK(combined(mask, closed, SetOperation::subtract, 1).empty());
    CHECK(open(opened, disc, 2) == opened);
    CHECK(close(closed, disc, 2) == closed);
  }
}

TEST_CASE("holes are filled up to an area, and only when enclosed") {
  const auto ring = combined(disc_mask(8), disc_mask(3), SetOperation::subtract, 1);
  CHECK(fill_holes(ring, 0, 2) == disc_mask(8));
  CHECK(fill_holes(ring, 10, 2) == ring);
  const auto outside = complement(disc_mask(8), 1);  // its hole is the disc
  CHECK(fill_holes(outside, 0, 2).voxels() == 31U * 25U * 2U);
  CHECK(fill_holes(disc_mask(5), 0, 2) == disc_mask(5));
}
