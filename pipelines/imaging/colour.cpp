// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/colour.h"

namespace inferad::imaging {

bool is_known_colour(std::string_view photometric) {
  return photometric == "RGB" || photometric == "YBR_FULL" || photometric == "YBR_FULL_422";
}

std::size_t colour_samples(ColourLayout layout, std::size_t pixels) {
  return layout == ColourLayout::subsampled ? 2 * pixels : 3 * pixels;
}

std::size_t colour_place(ColourLayout layout, std::size_t pixels, std::size_t pixel, std::size_t sample) {
  if (layout == ColourLayout::interleaved) return 3 * pixel + sample;
  if (layout == ColourLayout::planar) return sample * pixels + pixel;
  return pixel / 2 * 4 + (sample == 0 ? pixel % 2 : sample + 1);
}

}  // namespace inferad::imaging
