// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipelines/results/bits.h"
#include "pipelines/results/key_slices.h"
#include "pipelines/results/page_text.h"
#include "pipelines/results/slice_view.h"

namespace inferad::results {

namespace {

constexpr int kOneTilePixels = 1024, kTilePixels = 512, kPageWidthMin = 512;

// The image that a slice is of, and which of its slices.
std::pair<const findings::Image&, int> image_at(const OverlayInput& input, int slice) {
  if (input.views.empty()) return {input.image, slice};
  return {input.views[static_cast<std::size_t>(slice)], 0};
}

class Tile {
 public:
  Tile(const OverlayInput& input, const GreyWindow& window, int slice, ViewSize size)
      : input_(input),
        image_(image_at(input, slice).first),
        window_(window),
        slice_(slice),
        view_(image_, input.labels, input.segments.size(), image_at(input, slice).second, size) {}

  void draw(Raster& page, int left, int top, int letter_scale) const {
    for (int y = 0; y < view_.size().height; ++y)
      for (int x = 0; x < view_.size().width; ++x) page.set(left + x, top + y, pixel(x, y));
    draw_marks(page, left, top);
    page.text(left + letter_scale, top - kLineAdvance * letter_scale, letter_scale, input_.caption(slice_),
              {255, 255, 255});
  }

 private:
  void draw_marks(Raster& page, int left, int top) const {
    const auto labels = labels_of(input_.marks);
    const auto& [width, height] = view_.size();
    const Placement placement{left,
                              top,
                              width,
                              height,
                              static_cast<double>(width) / image_.geometry.columns,
                              static_cast<double>(height) / image_.geometry.rows};
    for (const auto& mark : input_.marks) {
      const auto label = static_cast<std::size_t>(std::find(labels.begin(), labels.end(), mark.label) - labels.begin());
      if (mark.slice == slice_) draw_mark(page, mark, placement, mark_colour(label));
    }
  }

  Rgb pixel(int x, int y) const {
    const auto shade = grey(window_, view_.value(x, y));
    if (const auto own = view_.outline(x, y); own > 0) return input_.segments[own - 1U].rgb;
    if (input_.heat.values.empty() || input_.heat.greatest <= 0) return {shade, shade, shade};
    return heat_over(shade, static_cast<double>(input_.heat.values[view_.voxel(x, y)]) / input_.heat.greatest);
  }

  const OverlayInput& input_;
  const findings::Image& image_;
  const GreyWindow window_;
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
  const auto labels = labels_of(input.marks);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto count = std::count_if(input.marks.begin(), input.marks.end(),
                                     [&](const Mark& mark) { return mark.centre && mark.label == labels[i]; });
    const auto drawn = std::count_if(input.marks.begin(), input.marks.end(), [&](const Mark& mark) {
      return mark.centre && mark.label == labels[i] &&
             std::find(slices.begin(), slices.end(), mark.slice) != slices.end();
    });
    result.push_back({mark_colour(i), fmt::format("{} ({} of {} shown)", labels[i], drawn, count)});
  }
  return result;
}

// The slices at the centres of marks, the first ones first.
std::vector<int> marked_slices(const std::vector<Mark>& marks) {
  std::vector<int> slices;
  for (const auto& mark : marks)
    if (mark.centre && slices.size() < kKeySlicesMax &&
        std::find(slices.begin(), slices.end(), mark.slice) == slices.end())
      slices.push_back(mark.slice);
  std::sort(slices.begin(), slices.end());
  return slices;
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
  if (auto slices = marked_slices(input.marks); !slices.empty()) return slices;
  const auto& geometry = input.image.geometry;
  const int hottest = hottest_slice(
      input.heat.values, static_cast<std::size_t>(geometry.columns) * static_cast<std::size_t>(geometry.rows));
  return hottest < 0 ? std::vector<int>() : std::vector{hottest};
}

OverlayPage draw_overlay(const OverlayInput& input) {
  const auto slices = overlay_slices(input);
  const auto count = static_cast<int>(slices.size());
  std::vector<ViewSize> sizes;
  ViewSize tile;  // room for the largest
  for (const int slice : slices) {
    sizes.push_back(view_size(image_at(input, slice).first.geometry, count == 1 ? kOneTilePixels : kTilePixels));
    tile = {std::max(tile.width, sizes.back().width), std::max(tile.height, sizes.back().height)};
  }
  const auto window = input.views.empty() ? window_for(input.image, slices, input.window) : GreyWindow();
  const auto window_of = [&](int slice) {
    return input.views.empty() ? window : window_for(image_at(input, slice).first, std::vector{0}, input.window);
  };
  const int across = count == 1 ? 1 : 2, down = (count + across - 1) / across;
  const int width = std::max(kPageWidthMin, across * tile.width);
  const PageText text(input.lines, legends(input, slices), input.heat, width, {down * tile.height, down});
  const int caption = kCaptionAdvance * text.scale(), cell = tile.height + caption;
  OverlayPage page{Raster(width, down * cell + text.height()), slices, caption};
  for (int i = 0; i < count; ++i)
    Tile(input, window_of(slices[static_cast<std::size_t>(i)]), slices[static_cast<std::size_t>(i)],
         sizes[static_cast<std::size_t>(i)])
        .draw(page.picture, i % across * tile.width, i / across * cell + caption, text.scale());
  text.draw(page.picture, down * cell);
  return page;
}

}  // namespace inferad::results
