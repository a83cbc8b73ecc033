// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/raster.h"

#include <algorithm>

namespace inferad::results {

Raster::Raster(int width, int height)
    : width_(width), height_(height), bytes_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3) {}

Rgb Raster::at(int x, int y) const {
  const auto first = (static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)) * 3;
  return {bytes_[first], bytes_[first + 1], bytes_[first + 2]};
}

void Raster::set(int x, int y, const Rgb& colour) {
  if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
  const auto first = (static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)) * 3;
  std::copy(colour.begin(), colour.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(first));
}

void Raster::fill(int x, int y, int width, int height, const Rgb& colour) {
  for (int j = y; j < y + height; ++j)
    for (int i = x; i < x + width; ++i) set(i, j, colour);
}

void Raster::text(int x, int y, int scale, std::string_view line, const Rgb& colour) {
  for (const char c : line) {
    int left = x;
    for (const auto column : letter(c)) {
      for (int dot = 0; dot < 8; ++dot)
        if ((column >> dot & 1) != 0) fill(left, y + dot * scale, scale, scale, colour);
      left += scale;
    }
    x += kLetterAdvance * scale;
  }
}

}  // namespace inferad::results
