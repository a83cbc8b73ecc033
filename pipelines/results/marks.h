// SPDX-License-Identifier: Apache-2.0
// Boxes and points of findings drawn over a picture: lines two pixels wide, rings around points, so that what lies
// there stays to be seen. Pure. No DCMTK. Internal to results/.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "pipelines/results/raster.h"

namespace inferad::results {

struct Mark {
  int slice = 0;                              // of those that can be shown
  std::vector<std::array<double, 2>> points;  // column and row, (0, 0) is the outer corner of the first pixel; one: a
                                              // point; else lines from one to the next
  std::string label;                          // of one label all have one colour
  bool centre = true;                         // the slice to show it on, of several that it reaches
};

// Where an image stands in the picture, and how large a pixel of it is there.
struct Placement {
  int left = 0, top = 0, width = 0, height = 0;
  double across = 1, down = 1;  // pixels of the picture
};

// Clipped at the edge of the image.
void draw_mark(Raster& picture, const Mark& mark, const Placement& placement, const Rgb& colour);

// By the order of the labels; they repeat after some.
Rgb mark_colour(std::size_t label);

// Labels of the marks in their order, each once.
std::vector<std::string> labels_of(const std::vector<Mark>& marks);

}  // namespace inferad::results
