// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/slice_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace inferad::results {

namespace {

int scaled(int at, int size, int source) {
  return std::min(source - 1, static_cast<int>(static_cast<std::int64_t>(at) * source / size));
}

}  // namespace

ViewSize view_size(const findings::Geometry& geometry, int longest) {
  const double width = geometry.columns * geometry.spacing[0], height = geometry.rows * geometry.spacing[1];
  const double scale = longest / std::max(width, height);
  return {std::max(1, static_cast<int>(std::lround(width * scale))),
          std::max(1, static_cast<int>(std::lround(height * scale)))};
}

SliceView::SliceView(const findings::Image& image, const findings::LabelMap* labels, std::size_t segments, int slice,
                     ViewSize size)
    : image_(image), labels_(labels), segments_(segments), size_(size) {
  const auto& geometry = image.geometry;
  first_ = static_cast<std::size_t>(slice) * static_cast<std::size_t>(geometry.columns) *
           static_cast<std::size_t>(geometry.rows);
  for (int x = 0; x <= size.width; ++x) columns_.push_back(scaled(x, size.width, geometry.columns));
  for (int y = 0; y <= size.height; ++y) rows_.push_back(scaled(y, size.height, geometry.rows));
}

std::size_t SliceView::voxel(int x, int y) const {
  return first_ +
         static_cast<std::size_t>(rows_[static_cast<std::size_t>(y)]) *
             static_cast<std::size_t>(image_.geometry.columns) +
         static_cast<std::size_t>(columns_[static_cast<std::size_t>(x)]);
}

double SliceView::value(int x, int y) const {
  const auto at = [](const std::vector<int>& edges, int i) {
    const int begin = edges[static_cast<std::size_t>(i)];
    return std::pair{begin, std::max(begin + 1, edges[static_cast<std::size_t>(i) + 1])};
  };
  const auto [left, right] = at(columns_, x);
  const auto [top, bottom] = at(rows_, y);
  double sum = 0;
  for (int row = top; row < bottom; ++row)
    for (int column = left; column < right; ++column)
      sum += static_cast<double>(
          image_.voxels[first_ + static_cast<std::size_t>(row) * static_cast<std::size_t>(image_.geometry.columns) +
                        static_cast<std::size_t>(column)]);
  return sum / ((right - left) * (bottom - top));
}

std::uint8_t SliceView::label(int x, int y) const {
  if (x < 0 || y < 0 || x >= size_.width || y >= size_.height) return 0;
  const auto value = labels_->labels[voxel(x, y)];
  return value <= segments_ ? value : std::uint8_t{0};
}

std::uint8_t SliceView::outline(int x, int y) const {
  if (!labels_) return 0;
  const auto own = label(x, y);
  if (own == 0) return 0;
  for (const int step : {1, 2})
    if (label(x - step, y) != own || label(x + step, y) != own || label(x, y - step) != own ||
        label(x, y + step) != own)
      return own;
  return 0;
}

}  // namespace inferad::results
