// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/cielab.h"

#include <catch2/catch.hpp>

using inferad::results::cielab;

TEST_CASE("colours become CIELab, not RGB") {
  const auto black = cielab({0, 0, 0}), white = cielab({255, 255, 255}), red = cielab({255, 0, 0});
  CHECK(black[0] == 0);
  CHECK(white[0] == 65535);
  CHECK(white[1] == Approx(32896).margin(2));  // a* = 0 → 128/255 of the range
  CHECK(white[2] == Approx(32896).margin(2));
  // sRGB red under D50: L* 54.29, a* 80.81, b* 69.89.
  CHECK(red[0] == Approx(54.29 / 100 * 65535).margin(20));
  CHECK(red[1] == Approx((80.81 + 128) / 255 * 65535).margin(20));
  CHECK(red[2] == Approx((69.89 + 128) / 255 * 65535).margin(20));
}
