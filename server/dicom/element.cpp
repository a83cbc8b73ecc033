// SPDX-License-Identifier: Apache-2.0
#include "server/dicom/element.h"

#include <algorithm>
#include <cstdio>

#include "server/core/sop_class.h"

namespace inferad::dicom {
namespace {

constexpr std::string_view kShortVrs[] = {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO",
                                          "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"};
constexpr std::string_view kLongVrs[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"};

template <std::size_t N>
bool contains(const std::string_view (&table)[N], std::string_view vr) {
  return std::find(std::begin(table), std::end(table), vr) != std::end(table);
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

std::uint64_t length_of(std::uint64_t value) { return value == 0xFFFFFFFF ? kUndefinedLength : value; }

}  // namespace

Encoding encoding_of(std::string_view transfer_syntax_uid) {
  constexpr std::string_view kPapyrus3 = "1.2.840.10008.1.20";
  if (transfer_syntax_uid == kImplicitVrLittleEndian || transfer_syntax_uid == kPapyrus3) return {false, false};
  return {true, transfer_syntax_uid == kExplicitVrBigEndian};
}

bool is_deflated(std::string_view transfer_syntax_uid) {
  constexpr std::string_view kJpipReferencedDeflate = "1.2.840.10008.1.2.4.95";
  constexpr std::string_view kJpipHtj2kReferencedDeflate = "1.2.840.10008.1.2.4.205";
  return transfer_syntax_uid == kDeflatedExplicitVrLittleEndian || transfer_syntax_uid == kJpipReferencedDeflate ||
         transfer_syntax_uid == kJpipHtj2kReferencedDeflate;
}

std::uint64_t parse_uint(std::span<const std::byte> bytes, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto index = big_endian ? i : bytes.size() - 1 - i;
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[index]);
  }
  return value;
}

std::uint64_t parse_length32(std::span<const std::byte, 4> bytes, Encoding encoding) {
  return length_of(parse_uint(bytes, encoding.big_endian));
}

ElementStart parse_element(std::span<const std::byte, 8> bytes, Encoding encoding) {
  const auto group = parse_uint(bytes.subspan<0, 2>(), encoding.big_endian);
  const auto number = parse_uint(bytes.subspan<2, 2>(), encoding.big_endian);
  ElementStart start;
  start.element.tag = static_cast<std::uint32_t>(group << 16 | number);
  if (!encoding.explicit_vr || group == 0xFFFE) {
    start.element.length = parse_length32(bytes.subspan<4, 4>(), encoding);
    return start;
  }
  start.element.vr_bytes = {std::to_integer<char>(bytes[4]), std::to_integer<char>(bytes[5])};
  const std::string_view vr(start.element.vr_bytes.data(), 2);
  // A VR of the future has the long form (PS3.5 §7.1.2); what is no VR at all ("??", NULs) is written with the short
  // one.
  start.needs_more = contains(kLongVrs, vr) || (!contains(kShortVrs, vr) && is_upper(vr[0]) && is_upper(vr[1]));
  if (!start.needs_more) start.element.length = parse_uint(bytes.subspan<6, 2>(), encoding.big_endian);
  return start;
}

bool is_known_vr(std::string_view vr) { return contains(kShortVrs, vr) || contains(kLongVrs, vr); }

std::string tag_text(std::uint32_t tag) {
  char text[16];
  std::snprintf(text, sizeof text, "(%04X,%04X)", tag >> 16, tag & 0xFFFFu);
  return text;
}

}  // namespace inferad::dicom
