// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipelines/results/bits.h"
#include "pipelines/results/key_slices.h"
#include "pipelines/results/page_text.h"

namespace inferad::results {

namespace {

constexpr int kOneTilePixels = 1024, kTilePixels = 512, kPageWidthMin = 512;

struct TileSize {
  int width = 0, height = 0;
};

// The longer side of the tile is `longest`; pixels of the page are square, those of the image need not be.
TileSize tile_size(const findings::Geometry& geometry, int longest) {
  const double width = geometry.columns * geometry.spacing[0], height = geometry.rows * geometry.spacing[1];
  const double scale = longest / std::max(width, height);
  return {std::max(1, static_cast<int>(std::lround(width * scale))),
          std::max(1, static_cast<int>(std::lround(height * scale)))};
}

class Tile {
 public:
  Tile(const OverlayInput& input, const GreyWindow& window, int slice, TileSize size)
      : input_(input), window_(window), slice_(slice), size_(size) {
    const auto& geometry = input.image.geometry;
    first_ = static_cast<std::size_t>(slice) * static_cast<std::size_t>(geometry.columns) *
             static_cast<std::size_t>(geometry.rows);
    for (int x = 0; x <= size.width; ++x) columns_.push_back(scaled(x, size.width, geometry.columns));
    for (int y = 0; y <= size.height; ++y) rows_.push_back(scaled(y, size.height, geometry.rows));
  }

  void draw(Raster& page, int left, int top, int letter_scale) const {
    for (int y = 0; y < size_.height; ++y)
      for (int x = 0; x < size_.width; ++x) page.set(left + x, top + y, pixel(x, y));
    page.text(left + letter_scale, top - kLineAdvance * letter_scale, letter_scale, input_.caption(slice_),
              {255, 255, 255});
  }

 private:
  static int scaled(int at, int size, int source) {
    return std::min(source - 1, static_cast<int>(static_cast<std::int64_t>(at) * source / size));
  }

  std::size_t voxel(int x, int y) const {
    return first_ +
           static_cast<std::size_t>(rows_[static_cast<std::size_t>(y)]) *
               static_cast<std::size_t>(input_.image.geometry.columns) +
           static_cast<std::size_t>(columns_[static_cast<std::size_t>(x)]);
  }

  // The mean of the voxels that the pixel of the page covers.
  double source_value(int x, int y) const {
    const auto at = [](const std::vector<int>& edges, int i) {
      const int begin = edges[static_cast<std::size_t>(i)];
      return std::pair{begin, std::max(begin + 1, edges[static_cast<std::size_t>(i) + 1])};
    };
    const auto [left, right] = at(columns_, x);
    const auto [top, bottom] = at(rows_, y);
    double sum = 0;
    for (int row = top; row < bottom; ++row)
      for (int column = left; column < right; ++column)
        sum += static_cast<double>(input_.image.voxels[first_ +
                                                       static_cast<std::size_t>(row) *
                                                           static_cast<std::size_t>(input_.image.geometry.columns) +
                                                       static_cast<std::size_t>(column)]);
    return sum / ((right - left) * (bottom - top));
  }

  std::uint8_t label(int x, int y) const {
    if (x < 0 || y < 0 || x >= size_.width || y >= size_.height) return 0;
    const auto value = input_.labels->labels[voxel(x, y)];
    return value <= input_.segments.size() ? value : std::uint8_t{0};
  }

  // A pixel of a segment with one of something else within two pixels.
  bool on_outline(int x, int y, std::uint8_t own) const {
    for (const int step : {1, 2})
      if (label(x - step, y) != own || label(x + step, y) != own || label(x, y - step) != own ||
          label(x, y + step) != own)
        return true;
    return false;
  }

  Rgb pixel(int x, int y) const {
    const auto shade = grey(window_, source_value(x, y));
    if (input_.labels) {
      const auto own = label(x, y);
      if (own > 0 && on_outline(x, y, own)) return input_.segments[own - 1U].rgb;
    }
    if (input_.heat.values.empty() || input_.heat.greatest <= 0) return {shade, shade, shade};
    return heat_over(shade, static_cast<double>(input_.heat.values[voxel(x, y)]) / input_.heat.greatest);
  }

  const OverlayInput& input_;
  const GreyWindow& window_;
  int slice_;
  TileSize size_;
  std::size_t first_ = 0;
  std::vector<int> columns_, rows_;  // of the source, at the left and upper edge of each pixel of the tile
};

// Segments of the slices that are shown, in their order.
std::vector<Legend> legends(const OverlayInput& input, std::span<const int> slices) {
  std::vector<Legend> result;
  std::vector<bool> shown(256, false);
  if (input.labels)
    for (const int slice : slices)
      for (const auto label : slice_of(*input.labels, slice)) shown[label] = true;
  for (std::size_t i = 0; i < input.segments.size() && i < 255; ++i)
    if (shown[i + 1]) result.push_back({input.segments[i].rgb, input.segments[i].label});
  return result;
}

}  // namespace

Rgb heat_over(std::uint8_t shade, double share) {
  share = std::clamp(share, 0.0, 1.0);
  const auto ramp = [](double value) { return std::clamp(value, 0.0, 1.0) * 255; };
  const std::array hot{ramp(share * 3), ramp(share * 3 - 1), ramp(share * 3 - 2)};
  const double opacity = std::min(0.5, share);  // the anatomy stays visible
  Rgb colour{};
  for (std::size_t i = 0; i < 3; ++i)
    colour[i] = static_cast<std::uint8_t>(std::lround((1 - opacity) * shade + opacity * hot[i]));
  return colour;
}

std::vector<int> overlay_slices(const OverlayInput& input) {
  if (input.labels) {
    auto slices = key_slices(*input.labels, static_cast<int>(input.segments.size()));
    if (!slices.empty()) return slices;
  }
  const auto& geometry = input.image.geometry;
  const int hottest = hottest_slice(
      input.heat.values, static_cast<std::size_t>(geometry.columns) * static_cast<std::size_t>(geometry.rows));
  return hottest < 0 ? std::vector<int>() : std::vector{hottest};
}

OverlayPage draw_overlay(const OverlayInput& input) {
  const auto slices = overlay_slices(input);
  const auto window = window_for(input.image, slices, input.window);
  const auto count = static_cast<int>(slices.size());
  const auto tile = tile_size(input.image.geometry, count == 1 ? kOneTilePixels : kTilePixels);
  const int across = count == 1 ? 1 : 2, down = (count + across - 1) / across;
  const int width = std::max(kPageWidthMin, across * tile.width);
  const PageText text(input.lines, legends(input, slices), input.heat, width, {down * tile.height, down});
  const int caption = kCaptionAdvance * text.scale(), cell = tile.height + caption;
  OverlayPage page{Raster(width, down * cell + text.height()), slices, caption};
  for (int i = 0; i < count; ++i)
    Tile(input, window, slices[static_cast<std::size_t>(i)], tile)
        .draw(page.picture, i % across * tile.width, i / across * cell + caption, text.scale());
  text.draw(page.picture, down * cell);
  return page;
}

}  // namespace inferad::results
