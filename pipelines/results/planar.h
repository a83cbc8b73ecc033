// SPDX-License-Identifier: Apache-2.0
// Places of findings as outlines on the images: columns and rows as in SCOORD (PS3.3 C.18.6), (0, 0) is the outer
// corner of the first pixel. Pure. Internal to results/.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "pipelines/findings/location.h"
#include "pipelines/results/results.h"

namespace inferad::results {

// The slices that the request has: those of its image, or its views one after the other.
struct ShownSlice {
  const findings::Image* image = nullptr;  // not owned
  int slice = 0;                           // of it
  const findings::SourceSlice& source() const { return image->sources[static_cast<std::size_t>(slice)]; }
};
std::vector<ShownSlice> slices_of(const ResultRequest& request);
// Which of them `image` is.
std::optional<std::size_t> slice_at(const std::vector<ShownSlice>& slices, const findings::ImageReference& image);

struct Outline {
  findings::ImageReference image;
  std::vector<std::array<double, 2>> points;  // one: a point; else closed, the first again at the end
};

// Of a place in an image its own outline. Of one in the patient the rectangle around its cut with each slice that it
// reaches, at least with the nearest one; empty when the request has no volume or the place lies outside of it.
std::vector<Outline> outlines_of(const ResultRequest& request, const findings::Location& location);

// The frame to be named of a reference to `image`: 0 when the instance has only one.
int frame_to_name(const ResultRequest& request, const findings::ImageReference& image);

}  // namespace inferad::results
