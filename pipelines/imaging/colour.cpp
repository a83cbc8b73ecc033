// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/colour.h"

namespace inferad::imaging {

bool is_known_colour(std::string_view photometric) {
  return photometric == "RGB" || photometric == "YBR_FULL" || photometric == "YBR_FULL_422";
}

std::size_t colour_bytes(ColourLayout layout, std::size_t pixels) {
  return layout == ColourLayout::subsampled ? 2 * pixels : 3 * pixels;
}

void to_grey(std::span<const std::uint8_t> frame, ColourLayout layout, bool rgb, std::span<float> out) {
  const std::size_t step = layout == ColourLayout::interleaved ? 3 : 1;
  const std::size_t plane = layout == ColourLayout::interleaved ? 1 : out.size();
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (layout == ColourLayout::subsampled) {
      out[i] = frame[i / 2 * 4 + i % 2];
    } else if (rgb) {
      const auto* sample = &frame[i * step];
      out[i] = 0.299F * static_cast<float>(sample[0]) + 0.587F * static_cast<float>(sample[plane]) +
               0.114F * static_cast<float>(sample[2 * plane]);
    } else {
      out[i] = frame[i * step];
    }
  }
}

}  // namespace inferad::imaging
