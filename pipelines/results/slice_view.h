// SPDX-License-Identifier: Apache-2.0
// One slice of an image as a small picture with square pixels: which voxels each pixel of it covers, and where the
// outlines of segments run. Pure. Internal to results/.
#pragma once

#include <cstdint>
#include <vector>

#include "pipelines/findings/image.h"

namespace inferad::results {

struct ViewSize {
  int width = 0, height = 0;
};

// The longer side is `longest`; pixels of the view are square, those of the image need not be.
ViewSize view_size(const findings::Geometry& geometry, int longest);

class SliceView {
 public:
  // `image` and `labels` (on its grid; may be null) must outlive the view; labels above `segments` count as none.
  SliceView(const findings::Image& image, const findings::LabelMap* labels, std::size_t segments, int slice,
            ViewSize size);

  const ViewSize& size() const { return size_; }
  double value(int x, int y) const;       // mean of the voxels that the pixel covers
  std::size_t voxel(int x, int y) const;  // the first of them
  // The segment on whose outline the pixel lies, two pixels wide and inside of it; 0: none.
  std::uint8_t outline(int x, int y) const;

 private:
  std::uint8_t label(int x, int y) const;

  const findings::Image& image_;
  const findings::LabelMap* labels_;
  std::size_t segments_;
  ViewSize size_;
  std::size_t first_ = 0;
  std::vector<int> columns_, rows_;  // of the source, at the left and upper edge of each pixel
};

}  // namespace inferad::results
