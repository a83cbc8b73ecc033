// SPDX-License-Identifier: Apache-2.0
// JPEG 2000 Part 1 and Part 15 (high throughput) code streams through OpenJPEG. Internal to imaging/. Thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "server/base/result.h"

namespace inferad::imaging {

struct Jpeg2000Frame {
  bool is_signed = false;              // as the code stream says; DICOM's Pixel Representation has precedence
  int precision = 0;                   // bits
  std::vector<std::uint32_t> samples;  // rows x columns x components (interleaved), in two's complement
};

// Decodes one frame of 1 (grey) or 3 components (colour; RGB where the code stream has a colour transform). Refuses
// (Errc::invalid_input) before anything large is allocated when the code stream is not of rows x columns x components
// samples. Accepts a bare code stream and a JP2 file.
Result<Jpeg2000Frame> decode_jpeg2000(std::span<const std::uint8_t> bytes, int rows, int columns, int components = 1);

}  // namespace inferad::imaging
