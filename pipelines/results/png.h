// SPDX-License-Identifier: Apache-2.0
// A picture as PNG (ISO/IEC 15948): 8 bits a channel, no filter, one IDAT. Pure; the same input gives the same bytes.
// No DCMTK.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace inferad::results {

enum class PngColour : std::uint8_t { grey = 0, rgba = 6 };

// `pixels`: rows from the top, interleaved; exactly width * height * channels of them, both at least 1.
std::string png_of(int width, int height, PngColour colour, std::span<const std::uint8_t> pixels);

}  // namespace inferad::results
