// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/stored.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>
#include <vector>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dccodec.h"
#include "dcmtk/dcmdata/dcrledrg.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmjpeg/djdecode.h"
#include "dcmtk/dcmjpls/djdecode.h"
#include "pipelines/imaging/code_streams.h"
#include "pipelines/imaging/item_values.h"
#include "pipelines/imaging/jpeg2000.h"
#include "pipelines/imaging/transfer_syntax.h"

namespace inferad::imaging {

namespace {

Refusal damaged(const std::string& name, std::string_view what) {
  return refuse(refusal::kPixelsDamaged, fmt::format("{}: {}", name, what));
}

std::size_t pixels_of(const SliceHeader& file) {
  return static_cast<std::size_t>(file.rows) * static_cast<std::size_t>(file.columns);
}

std::optional<Refusal> decode_code_streams(const DicomFile& file, const std::string& name, const FrameSink& sink) {
  const auto& header = file.header();
  const auto streams = code_streams(file.dataset(), static_cast<std::size_t>(header.frames));
  if (!streams) return damaged(name, streams.error().what);
  const auto photometric = decoded_photometric(header);
  for (std::size_t i = 0; i < streams->size(); ++i) {
    const auto frame = decode_jpeg2000((*streams)[i], header.rows, header.columns, header.format.samples);
    if (!frame) return damaged(name, frame.error().what);
    sink(i, {std::span<const std::uint32_t>(frame->samples),
             {0, frame->precision, header.format.is_signed},
             ColourLayout::interleaved,
             photometric});
  }
  return std::nullopt;
}

// How the toolkit left them: it may have turned planes into pixels and 4:2:2 into full samples.
StoredFrame as_decoded(const DicomFile& file, std::size_t bytes_found) {
  const auto& format = file.header().format;
  StoredFrame frame;
  frame.cell = {format.high_bit + 1 - format.bits_stored, format.bits_stored, format.is_signed};
  frame.photometric = text(file.dataset(), DCM_PhotometricInterpretation);
  if (format.samples == 1) return frame;
  if (integer(file.dataset(), DCM_PlanarConfiguration, 0) == 1) frame.layout = ColourLayout::planar;
  const auto full = static_cast<std::size_t>(file.header().frames) * pixels_of(file.header()) * 3;
  if (frame.photometric == "YBR_FULL_422" && bytes_found < full) frame.layout = ColourLayout::subsampled;
  return frame;
}

// Single bits lie in bytes across the borders of rows and frames, the first in the lowest bit (PS3.5 8.1.1).
void hand_over_bits(const Uint8* bytes, std::size_t frames, std::size_t size, StoredFrame& frame,
                    const FrameSink& sink) {
  frame.cell = {0, 1, false};
  std::vector<std::uint8_t> samples(size);
  for (std::size_t i = 0; i < frames; ++i) {
    for (std::size_t k = 0, bit = i * size; k < size; ++k, ++bit)
      samples[k] = static_cast<std::uint8_t>(bytes[bit / 8] >> bit % 8 & 1);
    frame.samples = std::span<const std::uint8_t>(samples);
    sink(i, frame);
  }
}

// The toolkit keeps them as words, the low one first.
void hand_over_longs(const Uint16* words, std::size_t frames, std::size_t size, StoredFrame& frame,
                     const FrameSink& sink) {
  std::vector<std::uint32_t> samples(size);
  for (std::size_t i = 0; i < frames; ++i) {
    for (std::size_t k = 0; k < size; ++k, words += 2)
      samples[k] = words[0] | static_cast<std::uint32_t>(words[1]) << 16;
    frame.samples = std::span<const std::uint32_t>(samples);
    sink(i, frame);
  }
}

template <class Sample>
void hand_over(const Sample* samples, std::size_t frames, std::size_t size, StoredFrame& frame, const FrameSink& sink) {
  for (std::size_t i = 0; i < frames; ++i) {
    frame.samples = std::span<const Sample>(samples + i * size, size);
    sink(i, frame);
  }
}

std::optional<Refusal> decode_native(const DicomFile& file, const std::string& name, const FrameSink& sink) {
  const auto& header = file.header();
  const auto bits = static_cast<std::size_t>(header.format.bits_allocated);
  const auto frames = static_cast<std::size_t>(header.frames);
  DcmElement* element = nullptr;
  if (file.dataset().findAndGetElement(DCM_PixelData, element).bad()) return damaged(name, "no pixel data");
  const std::size_t found = element->getLength();
  auto frame = as_decoded(file, found);
  const auto size = header.format.samples == 3 ? colour_samples(frame.layout, pixels_of(header)) : pixels_of(header);
  const std::size_t expected = (frames * size * bits + 7) / 8;
  if (found != expected && found != expected + expected % 2)  // some leave an odd length as it is
    return damaged(name, fmt::format("{} bytes of pixel data, expected {}", found, expected));
  Uint8* bytes = nullptr;
  Uint16* words = nullptr;
  if (bits == 8 && element->getUint8Array(bytes).good() && bytes != nullptr) {
    hand_over(bytes, frames, size, frame, sink);
  } else if (bits == 16 && element->getUint16Array(words).good() && words != nullptr) {
    hand_over(words, frames, size, frame, sink);
  } else if (bits == 32 && element->getUint16Array(words).good() && words != nullptr) {
    hand_over_longs(words, frames, size, frame, sink);
  } else if (bits == 1 && element->getUint8Array(bytes).good() && bytes != nullptr) {
    hand_over_bits(bytes, frames, size, frame, sink);
  } else {
    return damaged(name, "pixel data is cut short");
  }
  return std::nullopt;
}

std::optional<Refusal> decode(const DicomFile& file, const std::string& name, const FrameSink& sink) {
  if (is_jpeg2000(file.header().transfer_syntax_uid)) return decode_code_streams(file, name, sink);
  const auto status = file.dataset().chooseRepresentation(EXS_LittleEndianExplicit, nullptr);
  if (status.bad()) return damaged(name, fmt::format("decoder: {}", status.text()));
  return decode_native(file, name, sink);
}

bool decodable(const std::string& uid) {
  if (is_jpeg2000(uid)) return true;
  const DcmXfer syntax(uid.c_str());
  return syntax.getXfer() != EXS_Unknown &&
         (!syntax.isEncapsulated() || DcmCodecList::canChangeCoding(syntax.getXfer(), EXS_LittleEndianExplicit));
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

std::string decoded_photometric(const SliceHeader& file) {
  const auto& said = file.format.photometric;
  return is_jpeg2000(file.transfer_syntax_uid) && (said == "YBR_RCT" || said == "YBR_ICT") ? "RGB" : said;
}

std::optional<Refusal> check_stored(const SliceHeader& file, const std::string& name) {
  const auto& format = file.format;
  if (file.rows <= 0 || file.columns <= 0) return refuse(refusal::kNoPixels, name + " has no rows or columns");
  if (file.frames < 1) return refuse(refusal::kMultiFrame, name + " does not tell how many frames it has");
  if (!decodable(file.transfer_syntax_uid)) {
    return refuse(refusal::kTransferSyntax, fmt::format("{} is encoded as {}, which is not decoded here", name,
                                                        transfer_syntax_in_words(file.transfer_syntax_uid)));
  }
  const int bits = format.bits_allocated;
  const bool known = (bits == 1 || bits == 8 || bits == 16 || bits == 32) && format.bits_stored >= 1 &&
                     format.high_bit < bits && format.high_bit >= format.bits_stored - 1;
  if (known && (format.samples == 1 || (format.samples == 3 && bits > 1))) return std::nullopt;
  return refuse(refusal::kPixelFormat,
                fmt::format("{}: {} samples of {} bits allocated, {} stored, high bit {} ({})", name, format.samples,
                            bits, format.bits_stored, format.high_bit, format.photometric));
}

std::optional<Refusal> decode_stored(const DicomFile& file, const std::string& name, const FrameSink& sink) {
  auto refusal = decode(file, name, sink);
  delete file.dataset().remove(DCM_PixelData);
  return refusal;
}

}  // namespace inferad::imaging
