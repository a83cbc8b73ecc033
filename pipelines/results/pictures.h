// SPDX-License-Identifier: Apache-2.0
// Small pictures for the study page: the slice that shows best what is present, in grey, and over it, as a picture of
// its own that can be taken away, what the AI marked: outlines of segments, places of findings, heat. Not for
// diagnosis: 8 bits, one window, at most 512 pixels. Nothing of the patient is in the words. Pure. No DCMTK.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipelines/results/raster.h"
#include "pipelines/results/results.h"

namespace inferad::results {

constexpr std::size_t kPicturesMax = 6;
constexpr int kPicturePixels = 512;

struct Picture {
  std::vector<std::string> findings;  // ids of the items that it shows
  std::string caption;                // "Series 3 image 45"
  int width = 0, height = 0;
  std::vector<std::uint8_t> grey, marks;  // marks: red, green, blue, opacity
  struct Mark {
    std::string label;  // "Left lung"
    Rgb colour{};
  };
  std::vector<Mark> outlines;  // segments with a voxel in this slice
  int places = 0;              // findings whose place is drawn
  std::string heat;            // of what score; "" = no heat
  std::string left, top;       // the patient's side at these edges: "R", "A"; "" = not known
};

// Of what is present, in the order of the findings, at most kPicturesMax; one a slice. Empty: nothing is present, or no
// image was kept (several images together).
std::vector<Picture> pictures_of(const ResultRequest& request);

}  // namespace inferad::results
