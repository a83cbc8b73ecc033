// SPDX-License-Identifier: Apache-2.0
// Reading and writing integers and text at byte level. A Cursor never reads beyond its view: a short read returns zero
// and sets `failed`, so a decoder checks once at the end of a structure. Header only, no allocation but for text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace inferad::ul {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

enum class Endian { big, little };  // PDUs are big, command sets little

inline ByteView as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

class Cursor {
 public:
  explicit Cursor(ByteView bytes, Endian endian = Endian::big) : rest_(bytes), endian_(endian) {}

  std::size_t left() const { return rest_.size(); }
  bool failed() const { return failed_; }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return number(4); }
  void skip(std::size_t count) { take(count); }

  ByteView take(std::size_t count) {
    if (count > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  std::string text(std::size_t count) {
    const ByteView taken = take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

 private:
  std::uint32_t number(std::size_t count) {
    std::uint32_t value = 0;
    const ByteView taken = take(count);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const std::size_t at = endian_ == Endian::big ? i : taken.size() - 1 - i;
      value = value << 8 | std::to_integer<std::uint32_t>(taken[at]);
    }
    return value;
  }

  ByteView rest_;
  Endian endian_;
  bool failed_ = false;
};

class Writer {
 public:
  explicit Writer(Endian endian = Endian::big) : endian_(endian) {}

  void u8(std::uint8_t value) { number(value, 1); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void bytes(ByteView view) { out_.insert(out_.end(), view.begin(), view.end()); }
  void text(std::string_view value) { bytes(as_bytes(value)); }
  void zeros(std::size_t count) { out_.resize(out_.size() + count); }
  void padded(std::string_view value, std::size_t size) {  // with spaces, cut at `size`
    text(value.substr(0, size));
    if (value.size() < size) out_.resize(out_.size() + size - value.size(), std::byte{' '});
  }

  std::size_t size() const { return out_.size(); }
  // Writes the number of bytes after `at` + `width` at `at`: the length field of what began there.
  void set_length(std::size_t at, std::size_t width) {
    const std::size_t length = out_.size() - at - width;
    for (std::size_t i = 0; i < width; ++i) out_[at + i] = byte_of(static_cast<std::uint32_t>(length), i, width);
  }
  Bytes finish() { return std::move(out_); }

 private:
  std::byte byte_of(std::uint32_t value, std::size_t i, std::size_t width) const {
    const std::size_t shift = 8 * (endian_ == Endian::big ? width - 1 - i : i);
    return static_cast<std::byte>(value >> shift & 0xFF);
  }
  void number(std::uint32_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) out_.push_back(byte_of(value, i, width));
  }

  Bytes out_;
  Endian endian_;
};

}  // namespace inferad::ul
