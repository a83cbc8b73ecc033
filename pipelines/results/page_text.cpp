// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/page_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipelines/results/overlay.h"
#include "pipelines/results/text.h"

namespace inferad::results {

namespace {

constexpr int kLegendsMax = 12, kScaleMax = 16, kBarLetters = 12, kLetterShare = 50;
constexpr std::size_t kLegendCharactersMax = 40;

std::string ascii(std::string_view text, std::size_t characters_max) { return dicom_text(text, false, characters_max); }

}  // namespace

PageText::PageText(const std::vector<std::string>& lines, const std::vector<Legend>& legends, const HeatValues& heat,
                   int width, const AboveText& above)
    : width_(width) {
  for (const auto& line : lines) lines_.push_back({line, lines_.empty(), false, false, {255, 255, 255}});
  const auto shown = std::min<std::size_t>(legends.size(), kLegendsMax);
  for (std::size_t i = 0; i < shown; ++i)
    lines_.push_back({ascii(legends[i].label, kLegendCharactersMax), false, true, false, legends[i].colour});
  if (shown < legends.size())
    lines_.push_back({fmt::format("and {} more segments", legends.size() - shown), false, false, false, {}});
  if (!heat.values.empty() && heat.greatest > 0)
    lines_.push_back(
        {fmt::format("0 to {:.3g}: share of the score for {}", heat.greatest, ascii(heat.label, kLegendCharactersMax)),
         false,
         false,
         true,
         {}});
  const auto page_height = [&] { return above.tile_pixels + above.captions * kCaptionAdvance * scale_ + height(); };
  while (scale_ < kScaleMax && kLetterHeight * scale_ * kLetterShare < page_height()) ++scale_;
}

// Words go to the next line where the page ends; a word that is longer than the page is cut by it.
std::vector<PageText::Line> PageText::wrapped(int scale) const {
  std::vector<Line> result;
  for (const auto& line : lines_) {
    const int before = line.square ? 2 : line.bar ? kBarLetters + 1 : 0;
    const auto room = static_cast<std::size_t>(std::max(1, width_ / (kLetterAdvance * scale) - 1 - before));
    auto rest = line;
    while (rest.text.size() > room) {
      auto cut = rest.text.rfind(' ', room);
      if (cut == std::string::npos || cut == 0) cut = room;
      auto head = rest;
      head.text = rest.text.substr(0, cut);
      result.push_back(head);
      rest.text = rest.text.substr(rest.text[cut] == ' ' ? cut + 1 : cut);
      rest.square = rest.bar = false;
    }
    result.push_back(rest);
  }
  return result;
}

int PageText::height() const { return (static_cast<int>(wrapped(scale_).size()) * kLineAdvance + 4) * scale_; }

void PageText::draw_bar(Raster& page, int x, int y) const {
  const int width = kBarLetters * kLetterAdvance * scale_;
  for (int i = 0; i < width; ++i)
    page.fill(x + i, y, 1, kLetterHeight * scale_, heat_over(96, static_cast<double>(i) / (width - 1)));
}

void PageText::draw(Raster& page, int top) const {
  int y = top + 2 * scale_;
  for (const auto& line : wrapped(scale_)) {
    int x = scale_ * 2;
    if (line.square) {
      page.fill(x, y, kLetterHeight * scale_, kLetterHeight * scale_, line.colour);
      x += 2 * kLetterAdvance * scale_;
    }
    if (line.bar) {
      draw_bar(page, x, y);
      x += (kBarLetters + 1) * kLetterAdvance * scale_;
    }
    page.text(x, y, scale_, line.text, line.loud ? Rgb{255, 220, 0} : Rgb{255, 255, 255});
    y += kLineAdvance * scale_;
  }
}

}  // namespace inferad::results
