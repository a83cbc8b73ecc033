// SPDX-License-Identifier: Apache-2.0
// One page for people whose viewer shows neither masks nor heat maps: key slices of the source in grey, the outlines of
// segments, boxes and points of findings, or the heat over them, and below in words what it is. Pure; the same input
// gives the same bytes. No DCMTK.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipelines/results/grey_window.h"
#include "pipelines/results/marks.h"
#include "pipelines/results/raster.h"
#include "pipelines/results/results.h"

namespace inferad::results {

struct OverlayInput {
  const findings::Image& image;
  const findings::LabelMap* labels = nullptr;  // on its grid
  std::span<const findings::Segment> segments;
  HeatValues heat;
  std::optional<GreyWindow> window;               // of the source's header
  std::function<std::string(int slice)> caption;  // burned in above the tile, ASCII
  std::vector<std::string> lines;                 // burned in below, ASCII; the first is drawn to be seen
  std::vector<Mark> marks = {};
  std::span<const findings::Image> views =
      {};  // not empty: the slices are these, each of one slice, not those of `image`
};

struct OverlayPage {
  Raster picture;
  std::vector<int> slices;  // shown, from left to right and top to bottom
  int caption_height = 0;   // above each tile: nothing of the source is covered, a side marker above all
};

// The slices it shows: those of key_slices.h; of marks those at their centres, the first ones first, at most as many;
// or the one with the greatest heat. Empty: there is nothing to show.
std::vector<int> overlay_slices(const OverlayInput& input);
// Letters are at least a fiftieth of the page high. Needs at least one slice.
OverlayPage draw_overlay(const OverlayInput& input);

// From transparent and black over red and yellow to white. `share`: 0 to 1 of the greatest heat.
Rgb heat_over(std::uint8_t grey, double share);

}  // namespace inferad::results
