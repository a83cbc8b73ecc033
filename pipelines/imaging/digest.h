// SPDX-License-Identifier: Apache-2.0
// What one image file decodes to, as numbers that two sites, or we and another program, can compare. Thread-safe.
#pragma once

#include <filesystem>
#include <string>

#include "pipelines/imaging/refusal.h"
#include "server/base/result.h"

namespace inferad::imaging {

struct PixelDigest {
  int frames = 0, rows = 0, columns = 0, samples = 0;  // samples: 1 grey or palette, 3 colour
  int bits_allocated = 0, bits_stored = 0;
  bool is_signed = false;
  std::string photometric;      // of the hashed samples: RGB where decoding has undone YBR_RCT or YBR_ICT
  std::string transfer_syntax;  // name and UID
  std::string sha256;           // 64 lower-case hex digits
};

// The SHA-256 is that of the stored values of all frames: frame by frame, row by row, pixel by pixel, and of colour
// sample by sample (also where the file keeps planes; 4:2:2 is spread). Each value is an integer of Bits Allocated bits
// (1 bit: of 8), little endian, in two's complement if signed; bits around the stored ones count as 0 or the sign. No
// rescale, window, palette or colour conversion is applied. Errc::io when the file cannot be opened.
Result<OrRefusal<PixelDigest>> digest_pixels(const std::filesystem::path& file);

}  // namespace inferad::imaging
