// SPDX-License-Identifier: Apache-2.0
// A small colour picture to draw on: what a secondary capture shows. 8 bits a channel, red, green, blue interleaved,
// rows from the top. Drawing outside is clipped. Value type. No DCMTK.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace inferad::results {

using Rgb = std::array<std::uint8_t, 3>;

// One letter is 5 x 7 dots; letters stand 6 dots apart, lines 9. `scale`: pixels a dot.
constexpr int kLetterAdvance = 6, kLetterHeight = 7, kLineAdvance = 9;

class Raster {
 public:
  Raster(int width, int height);  // black

  int width() const { return width_; }
  int height() const { return height_; }
  Rgb at(int x, int y) const;  // inside
  void set(int x, int y, const Rgb& colour);
  void fill(int x, int y, int width, int height, const Rgb& colour);
  // ASCII; anything else is drawn as '?'.
  void text(int x, int y, int scale, std::string_view line, const Rgb& colour);
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  int width_, height_;
  std::vector<std::uint8_t> bytes_;
};

// The dots of a letter: five columns from the left, the lowest bit at the top, the eighth below the base line.
const std::array<std::uint8_t, 5>& letter(char c);

}  // namespace inferad::results
