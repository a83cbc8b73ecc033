// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/png.h"

#include <zlib.h>

#include <string_view>

namespace inferad::results {

namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1A\n";

void append_number(std::string& out, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>(value >> shift & 0xFFU);
}

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

// ISO/IEC 15948 5.3: length of the data, type, data, CRC of type and data.
void append_chunk(std::string& out, std::string_view type, std::string_view data) {
  append_number(out, static_cast<std::uint32_t>(data.size()));
  const std::string body = std::string(type).append(data);
  out += body;
  append_number(out, static_cast<std::uint32_t>(crc32(0, bytes_of(body), static_cast<uInt>(body.size()))));
}

std::string header_of(int width, int height, PngColour colour) {
  std::string header;
  append_number(header, static_cast<std::uint32_t>(width));
  append_number(header, static_cast<std::uint32_t>(height));
  return header + '\x08' + static_cast<char>(colour) + std::string(3, '\0');
}

std::string deflated(std::string_view raw) {
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size, bytes_of(raw), static_cast<uLong>(raw.size()), 6);
  out.resize(size);  // cannot fail: the buffer is as large as zlib asks for
  return out;
}

}  // namespace

std::string png_of(int width, int height, PngColour colour, std::span<const std::uint8_t> pixels) {
  const std::size_t row = static_cast<std::size_t>(width) * (colour == PngColour::rgba ? 4U : 1U);
  std::string raw;
  raw.reserve((row + 1) * static_cast<std::size_t>(height));
  for (std::size_t at = 0; at < pixels.size(); at += row) {
    raw += '\0';  // no filter
    raw.append(reinterpret_cast<const char*>(pixels.data() + at), row);
  }
  std::string png(kSignature);
  append_chunk(png, "IHDR", header_of(width, height, colour));
  append_chunk(png, "IDAT", deflated(raw));
  append_chunk(png, "IEND", "");
  return png;
}

}  // namespace inferad::results
