// SPDX-License-Identifier: Apache-2.0
// The words below the tiles of an overlay: wrapped to the width, with a coloured square before each segment's name and
// a bar for heat. Letters are at least a fiftieth of the whole page high. No DCMTK. Internal to results/.
#pragma once

#include <string>
#include <vector>

#include "pipelines/results/raster.h"
#include "pipelines/results/results.h"

namespace inferad::results {

struct Legend {
  Rgb colour;
  std::string label;
};

constexpr int kCaptionAdvance = kLineAdvance + 1;  // dots of the line above a tile

// What stands above the text: pixels of tiles, and how many lines of captions.
struct AboveText {
  int tile_pixels = 0, captions = 0;
};

class PageText {
 public:
  // Legends that do not fit are counted in words.
  PageText(const std::vector<std::string>& lines, const std::vector<Legend>& legends, const HeatValues& heat, int width,
           const AboveText& above);

  int scale() const { return scale_; }
  int height() const;
  void draw(Raster& page, int top) const;

 private:
  struct Line {
    std::string text;
    bool loud = false;  // to be seen
    bool square = false, bar = false;
    Rgb colour{255, 255, 255};
  };
  std::vector<Line> wrapped(int scale) const;
  void draw_bar(Raster& page, int x, int y) const;

  std::vector<Line> lines_;
  int width_, scale_ = 2;
};

}  // namespace inferad::results
