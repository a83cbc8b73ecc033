// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipelines/results/bits.h"
#include "pipelines/results/key_slices.h"
#include "pipelines/results/page_text.h"
#include "pipelines/results/slice_view.h"

namespace inferad::results {

namespace {

constexpr int kOneTilePixels = 1024, kTilePixels = 512, kPageWidthMin = 512;

class Tile {
 public:
  Tile(const OverlayInput& input, const GreyWindow& window, int slice, ViewSize size)
      : input_(input),
        window_(window),
        slice_(slice),
        view_(input.image, input.labels, input.segments.size(), slice, size) {}

  void draw(Raster& page, int left, int top, int letter_scale) const {
    for (int y = 0; y < view_.size().height; ++y)
      for (int x = 0; x < view_.size().width; ++x) page.set(left + x, top + y, pixel(x, y));
    page.text(left + letter_scale, top - kLineAdvance * letter_scale, letter_scale, input_.caption(slice_),
              {255, 255, 255});
  }

 private:
  Rgb pixel(int x, int y) const {
    const auto shade = grey(window_, view_.value(x, y));
    if (const auto own = view_.outline(x, y); own > 0) return input_.segments[own - 1U].rgb;
    if (input_.heat.values.empty() || input_.heat.greatest <= 0) return {shade, shade, shade};
    return heat_over(shade, static_cast<double>(input_.heat.values[view_.voxel(x, y)]) / input_.heat.greatest);
  }

  const OverlayInput& input_;
  const GreyWindow& window_;
  int slice_;
  SliceView view_;
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
  const auto tile = view_size(input.image.geometry, count == 1 ? kOneTilePixels : kTilePixels);
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
