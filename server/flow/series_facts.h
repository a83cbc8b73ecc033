// SPDX-License-Identifier: Apache-2.0
// What can be said of a series from headers alone: how it lies, how its slices follow each other, whether it is whole.
// For the assembler (is it complete?) and the router (which pipeline may get it?). Pure. Lengths in mm.
#pragma once

#include <optional>
#include <string_view>

#include "server/store/ledger_types.h"

namespace inferad::flow {

enum class Orientation { unknown, axial, coronal, sagittal, oblique };
std::string_view to_string(Orientation orientation);

struct SeriesFacts {
  int images = 0;                                  // files
  int frames = 0;                                  // of all files
  bool localizer = false;                          // ImageType says LOCALIZER
  Orientation orientation = Orientation::unknown;  // common to all images; a tilted gantry stays axial
  bool mixed_orientation = false;                  // images lie differently: orientation is unknown
  std::optional<double> slice_distance;            // the usual one, between neighbours along the normal
  bool uniform = false;                            // the same distance all along, no gap, no two slices at one place
  double coverage = 0;                             // from the first to the last slice
  std::optional<int> expected_images;  // what the objects themselves say (ImagesInAcquisition), where usable
};

SeriesFacts facts_of(const store::ContentSeries& series);

// Whether the series is whole by itself. `gaps`: something is known to be missing.
enum class Wholeness { unknown, counted, contiguous, gaps };
Wholeness wholeness_of(const store::ContentSeries& series, const SeriesFacts& facts);

}  // namespace inferad::flow
