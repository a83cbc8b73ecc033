// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/pixels.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <mutex>
#include <vector>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dccodec.h"
#include "dcmtk/dcmdata/dcpixseq.h"
#include "dcmtk/dcmdata/dcpxitem.h"
#include "dcmtk/dcmdata/dcrledrg.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmjpeg/djdecode.h"
#include "dcmtk/dcmjpls/djdecode.h"
#include "pipelines/imaging/colour.h"
#include "pipelines/imaging/item_values.h"
#include "pipelines/imaging/jpeg2000.h"
#include "pipelines/imaging/transfer_syntax.h"

namespace inferad::imaging {

namespace {

// The stored value in a cell: its low bit is at `shift`, `bits` wide.
struct Cell {
  int shift = 0, bits = 16;
  bool is_signed = false;
};

template <class Stored>
void convert(const Stored* stored, const Cell& cell, double slope, double intercept, std::span<float> out) {
  const int up = 32 - cell.bits - cell.shift, down = 32 - cell.bits;
  const auto m = static_cast<float>(slope), b = static_cast<float>(intercept);
  if (cell.is_signed) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] =
          m * static_cast<float>(static_cast<std::int32_t>(static_cast<std::uint32_t>(stored[i]) << up) >> down) + b;
    }
  } else {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] =
          m * static_cast<float>(static_cast<std::int32_t>((static_cast<std::uint32_t>(stored[i]) << up) >> down)) + b;
    }
  }
}

Refusal damaged(const std::string& name, std::string_view what) {
  return refuse(refusal::kPixelsDamaged, fmt::format("{}: {}", name, what));
}

// What is said of a frame: of its own where the file has functional groups, else of all frames.
const SliceHeader& slice_of(const DicomFile& file, std::size_t frame) {
  return file.slices()[frame < file.slices().size() ? frame : 0];
}

DcmPixelSequence* encapsulated(DcmDataset& dataset) {
  DcmElement* element = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, element).bad()) return nullptr;
  auto* pixel_data = dynamic_cast<DcmPixelData*>(element);
  if (pixel_data == nullptr) return nullptr;
  E_TransferSyntax syntax = EXS_Unknown;
  const DcmRepresentationParameter* parameter = nullptr;
  pixel_data->getOriginalRepresentationKey(syntax, parameter);
  DcmPixelSequence* sequence = nullptr;
  return pixel_data->getEncapsulatedRepresentation(syntax, parameter, sequence).good() ? sequence : nullptr;
}

// The code stream of a frame (from 0). Item 0 is the offset table (PS3.5 A.4); all other fragments belong to the only
// frame, or there is one a frame.
Result<std::vector<std::uint8_t>> code_stream(DcmPixelSequence& sequence, std::size_t frame, std::size_t frames) {
  const std::size_t fragments = sequence.card() > 0 ? sequence.card() - 1 : 0;
  if (fragments == 0) return Error{Errc::invalid_input, "no encapsulated frame"};
  if (frames > 1 && fragments != frames)
    return Error{Errc::invalid_input, fmt::format("{} fragments for {} frames", fragments, frames)};
  const std::size_t first = frames > 1 ? frame + 1 : 1, last = frames > 1 ? first : fragments;
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = first; i <= last; ++i) {
    DcmPixelItem* item = nullptr;
    Uint8* fragment = nullptr;
    if (sequence.getItem(item, static_cast<unsigned long>(i)).bad() || item->getUint8Array(fragment).bad() ||
        fragment == nullptr)
      return Error{Errc::invalid_input, "a fragment is not readable"};
    bytes.insert(bytes.end(), fragment, fragment + item->getLength());
  }
  return bytes;
}

std::optional<Refusal> decode_code_streams(const DicomFile& file, const std::string& name,
                                           std::span<const std::span<float>> outs) {
  auto* sequence = encapsulated(file.dataset());
  if (sequence == nullptr) return damaged(name, "no encapsulated frame");
  for (std::size_t i = 0; i < outs.size(); ++i) {
    const auto& slice = slice_of(file, i);
    const auto bytes = code_stream(*sequence, i, outs.size());
    if (!bytes) return damaged(name, bytes.error().what);
    const auto frame = decode_jpeg2000(*bytes, slice.rows, slice.columns);
    if (!frame) return damaged(name, frame.error().what);
    const Cell cell{0, frame->precision, slice.format.is_signed};
    convert(frame->samples.data(), cell, slice.slope, slice.intercept, outs[i]);
  }
  return std::nullopt;
}

template <class Stored>
void convert_frames(const Stored* stored, const DicomFile& file, std::span<const std::span<float>> outs) {
  const auto& format = file.header().format;
  const Cell cell{format.high_bit + 1 - format.bits_stored, format.bits_stored, format.is_signed};
  for (std::size_t i = 0; i < outs.size(); ++i) {
    convert(stored, cell, slice_of(file, i).slope, slice_of(file, i).intercept, outs[i]);
    stored += outs[i].size();
  }
}

std::optional<Refusal> decode_native(const DicomFile& file, const std::string& name,
                                     std::span<const std::span<float>> outs) {
  const auto& format = file.header().format;
  DcmElement* element = nullptr;
  if (file.dataset().findAndGetElement(DCM_PixelData, element).bad()) return damaged(name, "no pixel data");
  const auto expected = outs.size() * outs.front().size() * static_cast<std::size_t>(format.bits_allocated / 8);
  const std::size_t found = element->getLength();
  if (found != expected + expected % 2) {
    return damaged(name, fmt::format("{} bytes of pixel data, expected {}", found, expected));
  }
  Uint8* bytes = nullptr;
  Uint16* words = nullptr;
  if (format.bits_allocated == 8 && element->getUint8Array(bytes).good() && bytes != nullptr) {
    convert_frames(bytes, file, outs);
  } else if (format.bits_allocated == 16 && element->getUint16Array(words).good() && words != nullptr) {
    convert_frames(words, file, outs);
  } else {
    return damaged(name, "pixel data is cut short");
  }
  return std::nullopt;
}

// As the decoder left it: it may have turned planes into pixels and 4:2:2 into full samples.
std::optional<Refusal> decode_colour(const DicomFile& file, const std::string& name,
                                     std::span<const std::span<float>> outs) {
  DcmElement* element = nullptr;
  Uint8* bytes = nullptr;
  if (file.dataset().findAndGetElement(DCM_PixelData, element).bad() || element->getUint8Array(bytes).bad() ||
      bytes == nullptr)
    return damaged(name, "no pixel data");
  const std::size_t found = element->getLength(), pixels = outs.front().size();
  auto layout =
      integer(file.dataset(), DCM_PlanarConfiguration, 0) == 1 ? ColourLayout::planar : ColourLayout::interleaved;
  const auto expected = [&] { return outs.size() * colour_bytes(layout, pixels); };
  const auto photometric = text(file.dataset(), DCM_PhotometricInterpretation);
  if (photometric == "YBR_FULL_422" && found < expected()) layout = ColourLayout::subsampled;
  if (found != expected() + expected() % 2 || !is_known_colour(photometric) ||
      (layout == ColourLayout::subsampled && pixels % 2 != 0))
    return damaged(name, fmt::format("{} bytes of pixel data, expected {}", found, expected()));
  for (std::size_t i = 0; i < outs.size(); ++i) {
    const auto size = colour_bytes(layout, pixels);
    to_grey({bytes + i * size, size}, layout, photometric == "RGB", outs[i]);
  }
  return std::nullopt;
}

std::optional<Refusal> decode(const DicomFile& file, const std::string& name, std::span<const std::span<float>> outs) {
  if (is_jpeg2000(file.header().transfer_syntax_uid)) return decode_code_streams(file, name, outs);
  const auto status = file.dataset().chooseRepresentation(EXS_LittleEndianExplicit, nullptr);
  if (status.bad()) return damaged(name, fmt::format("decoder: {}", status.text()));
  return file.header().format.samples == 3 ? decode_colour(file, name, outs) : decode_native(file, name, outs);
}

bool decodable(const std::string& uid) {
  if (is_jpeg2000(uid)) return true;
  const DcmXfer syntax(uid.c_str());
  return syntax.getXfer() != EXS_Unknown &&
         (!syntax.isEncapsulated() || DcmCodecList::canChangeCoding(syntax.getXfer(), EXS_LittleEndianExplicit));
}

std::optional<Refusal> check_colour(const SliceHeader& header, const std::string& name) {
  const auto& format = header.format;
  const bool bytes = format.bits_allocated == 8 && format.bits_stored == 8 && format.high_bit == 7 && !format.is_signed;
  if (format.samples == 3 && bytes && is_known_colour(format.photometric) && !is_jpeg2000(header.transfer_syntax_uid))
    return std::nullopt;
  return refuse(refusal::kPixelFormat,
                fmt::format("{} is neither grey nor 8-bit RGB, YBR_FULL or YBR_FULL_422 ({}, {})", name,
                            format.photometric, header.transfer_syntax_uid));
}

std::optional<Refusal> check_format(const PixelFormat& format, const std::string& name) {
  if (format.samples != 1 || !format.photometric.starts_with("MONOCHROME")) {
    return refuse(refusal::kPixelFormat, name + " is not a grey image");
  }
  const bool fits = (format.bits_allocated == 8 || format.bits_allocated == 16) && format.bits_stored >= 1 &&
                    format.high_bit < format.bits_allocated && format.high_bit >= format.bits_stored - 1;
  if (fits) return std::nullopt;
  return refuse(refusal::kPixelFormat, fmt::format("{}: {} bits allocated, {} stored, high bit {}", name,
                                                   format.bits_allocated, format.bits_stored, format.high_bit));
}

}  // namespace

void prepare_toolkit() {
  static std::once_flag once;
  std::call_once(once, [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    DJDecoderRegistration::registerCodecs(EDC_never, EUC_never);
    DJLSDecoderRegistration::registerCodecs(EJLSUC_never);
    DcmRLEDecoderRegistration::registerCodecs();
  });
}

std::optional<Refusal> check_pixels(const SliceHeader& header, const std::string& name, Accept accept) {
  if (header.rows <= 0 || header.columns <= 0) return refuse(refusal::kNoPixels, name + " has no rows or columns");
  if (header.frames < 1) return refuse(refusal::kMultiFrame, name + " does not tell how many frames it has");
  if (header.frames != 1 && header.frame == 0 && accept != Accept::frames) {
    return refuse(refusal::kMultiFrame,
                  fmt::format("{} has {} frames and does not tell where they lie", name, header.frames));
  }
  if (!decodable(header.transfer_syntax_uid)) {
    return refuse(refusal::kTransferSyntax, fmt::format("{} is encoded as {} ({})", name, header.transfer_syntax_uid,
                                                        transfer_syntax_name(header.transfer_syntax_uid)));
  }
  const bool colour = accept == Accept::frames && header.format.samples > 1;
  if (auto refusal = colour ? check_colour(header, name) : check_format(header.format, name)) return refusal;
  if (!std::isfinite(header.slope) || header.slope == 0 || !std::isfinite(header.intercept)) {
    return refuse(refusal::kRescale,
                  fmt::format("{}: rescale slope {}, intercept {}", name, header.slope, header.intercept));
  }
  return std::nullopt;
}

std::optional<Refusal> decode_pixels(const DicomFile& file, const std::string& name,
                                     std::span<const std::span<float>> outs) {
  auto refusal = decode(file, name, outs);
  delete file.dataset().remove(DCM_PixelData);
  return refusal;
}

}  // namespace inferad::imaging
