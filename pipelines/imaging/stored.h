// SPDX-License-Identifier: Apache-2.0
// Pixel data of one image file, in whatever transfer syntax, → the samples as they are stored, one frame after the
// other. Internal to imaging/.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "pipelines/imaging/colour.h"
#include "pipelines/imaging/dicom_file.h"
#include "pipelines/imaging/refusal.h"

namespace inferad::imaging {

// Registers the codecs and silences the toolkit's own log, which may quote patient data. Call before anything else
// here; later calls do nothing. Thread-safe.
void prepare_toolkit();

// Where the stored value sits in its sample: its low bit is at `shift`, `bits` wide (PS3.5 8.1.1). What lies around it
// (overlays) is not part of it.
struct Cell {
  int shift = 0, bits = 16;
  bool is_signed = false;

  template <bool Signed, class Sample>
  std::int32_t value_as(Sample sample) const {
    const auto up = static_cast<std::uint32_t>(sample) << (32 - bits - shift);
    return Signed ? static_cast<std::int32_t>(up) >> (32 - bits) : static_cast<std::int32_t>(up >> (32 - bits));
  }
  template <class Sample>
  std::int32_t value(Sample sample) const {
    return is_signed ? value_as<true>(sample) : value_as<false>(sample);
  }
};

// The samples are valid during the call of the sink only.
struct StoredFrame {
  std::variant<std::span<const std::uint8_t>, std::span<const std::uint16_t>, std::span<const std::uint32_t>> samples;
  Cell cell;
  ColourLayout layout = ColourLayout::interleaved;  // of three samples a pixel
  std::string photometric;                          // of these samples: a decoder may have changed it
};

// Gets frame `index` (from 0) of the file.
using FrameSink = std::function<void(std::size_t index, const StoredFrame& frame)>;

// Photometric Interpretation when decoded: JPEG 2000 undoes its own colour transform (PS3.5 8.2.4).
std::string decoded_photometric(const SliceHeader& file);

// What can be told without decoding: rows, columns, frames, and a transfer syntax and cells that decode_stored() knows.
// `name` starts the sentence ("image 3 of 120").
std::optional<Refusal> check_stored(const SliceHeader& file, const std::string& name);

// Hands over all frames in their order; check_stored() must have passed. On refusal the sink may have got some of them.
// Afterwards the pixel data is gone from memory.
std::optional<Refusal> decode_stored(const DicomFile& file, const std::string& name, const FrameSink& sink);

}  // namespace inferad::imaging
