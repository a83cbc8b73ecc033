// SPDX-License-Identifier: Apache-2.0
// The header of one data element (PS3.5 §7.1) as bytes say it: pure functions, no reading.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace inferad::dicom {

struct Encoding {
  bool explicit_vr = true;
  bool big_endian = false;
};
// Every transfer syntax but four is explicit little endian (the deflated one after inflation).
Encoding encoding_of(std::string_view transfer_syntax_uid);
bool is_deflated(std::string_view transfer_syntax_uid);  // the whole data set, not only frames

inline constexpr std::uint64_t kUndefinedLength = ~std::uint64_t{0};
inline constexpr std::uint32_t kItem = 0xFFFEE000, kItemEnd = 0xFFFEE00D, kSequenceEnd = 0xFFFEE0DD;

struct Element {
  std::uint32_t tag = 0;
  std::array<char, 2> vr_bytes{};  // zeros in implicit VR and for items
  std::uint64_t length = 0;        // 32 bits of the file, or kUndefinedLength

  std::string_view vr() const { return {vr_bytes.data(), vr_bytes[0] == 0 ? 0u : 2u}; }
  bool undefined() const { return length == kUndefinedLength; }
};

// From the first 8 bytes. `needs_more`: 4 further bytes hold the length (long form of explicit VR).
struct ElementStart {
  Element element;
  bool needs_more = false;
};
ElementStart parse_element(std::span<const std::byte, 8> bytes, Encoding encoding);
std::uint64_t parse_length32(std::span<const std::byte, 4> bytes, Encoding encoding);

bool is_known_vr(std::string_view vr);
std::string tag_text(std::uint32_t tag);  // "(0010,0020)"

// Unsigned integer of bytes.size() (1 to 8) bytes.
std::uint64_t parse_uint(std::span<const std::byte> bytes, bool big_endian);

}  // namespace inferad::dicom
