// SPDX-License-Identifier: Apache-2.0
// Writes data sets byte by byte, right or wrong, in any encoding: what no toolkit would let a test write.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/dicom/element.h"

namespace inferad::dicom::made {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

class Writer {
 public:
  explicit Writer(Encoding encoding = {}) : encoding_(encoding) {}

  Writer& number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      const int shift = 8 * (encoding_.big_endian ? bytes - 1 - i : i);
      data_ += static_cast<char>(value >> shift & 0xFF);
    }
    return *this;
  }
  Writer& tag(std::uint32_t value) { return number(value >> 16, 2).number(value & 0xFFFF, 2); }
  // The header alone, with any length: so that lengths can lie.
  Writer& header(std::uint32_t element, std::string_view vr, std::uint64_t length) {
    tag(element);
    if (!encoding_.explicit_vr) return number(length, 4);
    data_ += vr;
    constexpr std::string_view kLong = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
    return kLong.find(vr) == std::string_view::npos ? number(length, 2) : number(0, 2).number(length, 4);
  }
  Writer& element(std::uint32_t t, std::string_view vr, std::string_view value) {
    header(t, vr, value.size());
    data_ += value;
    return *this;
  }
  Writer& us(std::uint32_t t, std::uint16_t value) { return header(t, "US", 2).number(value, 2); }
  Writer& item(std::uint64_t length = 0xFFFFFFFF) { return tag(kItem).number(length, 4); }
  Writer& item_end() { return tag(kItemEnd).number(0, 4); }
  Writer& sequence_end() { return tag(kSequenceEnd).number(0, 4); }
  Writer& raw(std::string_view bytes) { return data_ += bytes, *this; }

  // What every stored instance has, in order of tags from (0008,0016) to (0020,000E).
  Writer& identity() {
    element(0x00080016, "UI", std::string_view("1.2.840.10008.5.1.4.1.1.2\0", 26));
    element(0x00080018, "UI", std::string_view("1.2.3.4.5\0", 10));
    element(0x00080060, "CS", "CT");
    return element(0x0020000D, "UI", "1.2.3.40").element(0x0020000E, "UI", "1.2.3.41");
  }

  const std::string& data() const { return data_; }
  std::span<const std::byte> bytes() const { return bytes_of(data_); }

 private:
  std::string data_;
  Encoding encoding_;
};

}  // namespace inferad::dicom::made
