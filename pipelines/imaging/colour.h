// SPDX-License-Identifier: Apache-2.0
// Frames of 8-bit colour (ultrasound, endoscopy) → grey. Internal to imaging/. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace inferad::imaging {

// How three samples a pixel lie in memory.
enum class ColourLayout {
  interleaved,  // R G B R G B …
  planar,       // of each frame all R, all G, all B
  subsampled,   // YBR_FULL_422: Y Y B R for two pixels
};

bool is_known_colour(std::string_view photometric);  // RGB, YBR_FULL, YBR_FULL_422

// Samples of one frame with `pixels` pixels.
std::size_t colour_samples(ColourLayout layout, std::size_t pixels);

// Where sample 0, 1 or 2 of a pixel stands in a frame; of two subsampled pixels B and R are the same.
std::size_t colour_place(ColourLayout layout, std::size_t pixels, std::size_t pixel, std::size_t sample);

// PS3.3 C.7.6.3.1.2, which is what Y is.
constexpr float luminance(float red, float green, float blue) { return 0.299F * red + 0.587F * green + 0.114F * blue; }

// Luminance, 0 to 255, of out.size() pixels.
template <class Sample>
void to_grey(std::span<const Sample> frame, ColourLayout layout, bool rgb, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto at = [&](std::size_t sample) {
      return static_cast<float>(frame[colour_place(layout, out.size(), i, sample)]);
    };
    out[i] = rgb ? luminance(at(0), at(1), at(2)) : at(0);
  }
}

}  // namespace inferad::imaging
