// SPDX-License-Identifier: Apache-2.0
// Frames of 8-bit colour (ultrasound, endoscopy) → grey. Internal to imaging/. Pure.
#pragma once

#include <cstdint>
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

// Bytes of one frame with `pixels` pixels.
std::size_t colour_bytes(ColourLayout layout, std::size_t pixels);

// Luminance (PS3.3 C.7.6.3.1.2: 0.299 R + 0.587 G + 0.114 B, which is what Y is), 0 to 255, of out.size() pixels.
void to_grey(std::span<const std::uint8_t> frame, ColourLayout layout, bool rgb, std::span<float> out);

}  // namespace inferad::imaging
