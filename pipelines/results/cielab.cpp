// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/cielab.h"

#include <algorithm>
#include <cmath>

namespace inferad::results {

namespace {

using Triple = std::array<double, 3>;

double linear(std::uint8_t channel) {  // IEC 61966-2-1
  const double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double lab_curve(double t) {  // CIE 15
  constexpr double kDelta = 6.0 / 29.0;
  return t > kDelta * kDelta * kDelta ? std::cbrt(t) : t / (3 * kDelta * kDelta) + 4.0 / 29.0;
}

std::uint16_t scaled(double value, double least, double most) {
  const double share = std::clamp((value - least) / (most - least), 0.0, 1.0);
  return static_cast<std::uint16_t>(std::lround(share * 65535));
}

}  // namespace

std::array<std::uint16_t, 3> cielab(const std::array<std::uint8_t, 3>& rgb) {
  // sRGB primaries adapted to D50 (Bradford); each row sums to the D50 white point.
  constexpr std::array<Triple, 3> kToXyz = {
      {{0.4360747, 0.3850649, 0.1430804}, {0.2225045, 0.7168786, 0.0606169}, {0.0139322, 0.0971045, 0.7141733}}};
  const Triple light = {linear(rgb[0]), linear(rgb[1]), linear(rgb[2])};
  Triple f{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& row = kToXyz[i];
    const double white = row[0] + row[1] + row[2];
    f[i] = lab_curve((row[0] * light[0] + row[1] * light[1] + row[2] * light[2]) / white);
  }
  return {scaled(116 * f[1] - 16, 0, 100), scaled(500 * (f[0] - f[1]), -128, 127),
          scaled(200 * (f[1] - f[2]), -128, 127)};
}

}  // namespace inferad::results
