// SPDX-License-Identifier: Apache-2.0
// How the values of the source are shown in grey. Pure functions. No DCMTK.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pipelines/findings/image.h"

namespace inferad::results {

struct GreyWindow {
  double black = 0, white = 1;  // these values and all beyond; black above white shows the picture inverted
};

// Centre and width of a window as PS3.3 C.11.2.1.2 means them.
GreyWindow window_around(double centre, double width);

// How a projection image says, else `header` (the first window of the source), else from the 1st to the 99th percentile
// of the slices that are shown.
GreyWindow window_for(const findings::Image& image, std::span<const int> slices,
                      const std::optional<GreyWindow>& header);

std::uint8_t grey(const GreyWindow& window, double value);

}  // namespace inferad::results
