// SPDX-License-Identifier: Apache-2.0
// Which images one presentation state can be drawn over: those whose values become grey in the same way (PS3.3 A.33.1
// has one modality transformation and one shape of the presentation LUT for all). Internal to results/.
#pragma once

#include <string>
#include <vector>

#include "pipelines/results/drawing.h"
#include "pipelines/results/results.h"

namespace inferad::results {

// The area and the window of images that are alike. As their header says; "" where it does not.
struct ShownImages {
  std::vector<findings::ImageReference> images;  // empty: all that the state refers to
  int columns = 0, rows = 0;
  std::string spacing, centre, width;
};

struct PresentationGroup {
  std::vector<Drawing> drawings;
  std::string intercept, slope, type;  // "": nothing is said of the values
  bool inverted = false;
  std::vector<ShownImages> shown;
};

// One for an image or a volume; for images that were analysed together one for all that agree. Empty: nothing is drawn.
// A view whose header cannot be read any more is left out.
std::vector<PresentationGroup> presentation_groups(const ResultRequest& request);

}  // namespace inferad::results
