// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/digest.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "pipelines/imaging/dicom_file.h"
#include "pipelines/imaging/stored.h"
#include "pipelines/imaging/transfer_syntax.h"
#include "server/base/hash.h"

namespace inferad::imaging {

namespace {

constexpr const char* kName = "the image";
constexpr std::uint64_t kBytesMax = 0xFFFF'FFFE;  // what a native Pixel Data element can hold (PS3.5 7.1.1)

std::optional<Refusal> check_size(const SliceHeader& header) {
  const auto plane = static_cast<std::uint64_t>(header.rows) * static_cast<std::uint64_t>(header.columns);
  const auto width = static_cast<std::uint64_t>((header.format.bits_allocated + 7) / 8 * header.format.samples);
  if (plane <= kBytesMax / width / static_cast<std::uint64_t>(header.frames)) return std::nullopt;
  return refuse(refusal::kTooLarge, fmt::format("{} x {} pixels in {} frames are more than 4 GiB", header.columns,
                                                header.rows, header.frames));
}

PixelDigest described(const SliceHeader& header) {
  const auto& format = header.format;
  return {header.frames,
          header.rows,
          header.columns,
          format.samples,
          format.bits_allocated,
          format.bits_stored,
          format.is_signed,
          format.photometric,
          transfer_syntax_in_words(header.transfer_syntax_uid),
          {}};
}

// Bytes of one frame as digest.h says.
std::vector<std::byte> canonical(const StoredFrame& frame, std::size_t pixels, const PixelDigest& image) {
  const auto width = static_cast<std::size_t>(image.bits_allocated + 7) / 8;
  const auto samples = static_cast<std::size_t>(image.samples);
  std::vector<std::byte> bytes;
  bytes.reserve(pixels * samples * width);
  std::visit(
      [&](auto stored) {
        for (std::size_t i = 0; i < pixels * samples; ++i) {
          const auto at = samples == 1 ? i : colour_place(frame.layout, pixels, i / samples, i % samples);
          const auto value = static_cast<std::uint32_t>(frame.cell.value(stored[at]));
          for (std::size_t byte = 0; byte < width; ++byte) bytes.push_back(static_cast<std::byte>(value >> 8 * byte));
        }
      },
      frame.samples);
  return bytes;
}

}  // namespace

Result<OrRefusal<PixelDigest>> digest_pixels(const std::filesystem::path& path) try {
  prepare_toolkit();
  INFERAD_TRY(auto opened, DicomFile::open(path));
  if (auto* refusal = std::get_if<Refusal>(&opened)) return OrRefusal<PixelDigest>(std::move(*refusal));
  const auto& file = std::get<DicomFile>(opened);
  const auto& header = file.header();
  if (auto refusal = check_stored(header, kName)) return OrRefusal<PixelDigest>(std::move(*refusal));
  if (auto refusal = check_size(header)) return OrRefusal<PixelDigest>(std::move(*refusal));
  auto image = described(header);
  const auto pixels = static_cast<std::size_t>(header.rows) * static_cast<std::size_t>(header.columns);
  Sha256 hash;
  auto refusal = decode_stored(file, kName, [&](std::size_t, const StoredFrame& frame) {
    image.photometric = frame.photometric;
    hash.update(canonical(frame, pixels, image));
  });
  if (refusal) return OrRefusal<PixelDigest>(std::move(*refusal));
  image.sha256 = hash.finish_hex();
  return OrRefusal<PixelDigest>(std::move(image));
} catch (const std::bad_alloc&) {
  return Error{Errc::overload, "not enough memory to decode the image"};
}

}  // namespace inferad::imaging
