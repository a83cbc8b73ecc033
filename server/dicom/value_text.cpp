// SPDX-License-Identifier: Apache-2.0
#include "server/dicom/value_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <span>

#include "server/dicom/element.h"

namespace inferad::dicom {
namespace {

enum class Number { none, unsigned_integer, signed_integer, real, tag };

struct NumberVr {
  std::string_view vr;
  Number number;
  std::size_t bytes;
};

constexpr NumberVr kNumberVrs[] = {
    {"US", Number::unsigned_integer, 2},
    {"UL", Number::unsigned_integer, 4},
    {"UV", Number::unsigned_integer, 8},
    {"SS", Number::signed_integer, 2},
    {"SL", Number::signed_integer, 4},
    {"SV", Number::signed_integer, 8},
    {"FL", Number::real, 4},
    {"FD", Number::real, 8},
    {"AT", Number::tag, 4},
};

template <class T>
std::string decimal(T value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string number_text(std::uint64_t bits, const NumberVr& kind, std::uint64_t first_half, std::uint64_t second_half) {
  switch (kind.number) {
    case Number::signed_integer: {
      const auto unused = static_cast<int>(64 - 8 * kind.bytes);
      return decimal(static_cast<std::int64_t>(bits << unused) >> unused);
    }
    case Number::real:
      return kind.bytes == 4 ? decimal(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                             : decimal(std::bit_cast<double>(bits));
    case Number::tag: {
      const auto tag = tag_text(static_cast<std::uint32_t>(first_half << 16 | second_half));
      return tag.substr(1, 4) + tag.substr(6, 4);
    }
    default:
      return decimal(bits);
  }
}

std::string numbers_text(std::string_view raw, const NumberVr& kind, bool big_endian) {
  const auto bytes = std::as_bytes(std::span(raw.data(), raw.size()));
  std::string text;
  for (std::size_t at = 0; at + kind.bytes <= bytes.size(); at += kind.bytes) {
    const auto value = bytes.subspan(at, kind.bytes);
    const auto half = kind.bytes / 2;
    if (at > 0) text += '\\';
    text += number_text(parse_uint(value, big_endian), kind, parse_uint(value.first(half), big_endian),
                        parse_uint(value.last(half), big_endian));
  }
  return text;
}

constexpr std::string_view kPadding{" \0", 2};

std::string_view trim_end(std::string_view text) { return text.substr(0, text.find_last_not_of(kPadding) + 1); }

std::string_view trim(std::string_view text) {
  text = trim_end(text);
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

// Text is UTF-8 by now, where no part of a longer character looks like '\'.
std::string trim_each(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0;;) {
    const auto end = std::min(text.find('\\', begin), text.size());
    out += trim(text.substr(begin, end - begin));
    if (end == text.size()) return out;
    out += '\\';
    begin = end + 1;
  }
}

std::string without_controls(const std::string& text) {
  const auto forbidden = [](char c) {
    return (c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\f' && c != '\r') || c == 0x7F;
  };
  if (std::none_of(text.begin(), text.end(), forbidden)) return text;
  std::string out;
  for (const char c : text) {
    if (forbidden(c))
      out += "\xEF\xBF\xBD";
    else
      out += c;
  }
  return out;
}

bool is_one_of(std::string_view vr, std::initializer_list<std::string_view> vrs) {
  return std::find(vrs.begin(), vrs.end(), vr) != vrs.end();
}

}  // namespace

std::string value_text(std::string_view raw, std::string_view vr, bool big_endian, Charset& charset) {
  for (const auto& kind : kNumberVrs) {
    if (kind.vr == vr) return numbers_text(raw, kind, big_endian);
  }
  if (is_one_of(vr, {"ST", "LT", "UT"})) return without_controls(charset.to_utf8(trim_end(raw), TextKind::text));
  if (vr == "PN") return without_controls(trim_each(charset.to_utf8(raw, TextKind::person_name)));
  if (is_one_of(vr, {"LO", "SH", "UC"}))
    return without_controls(trim_each(charset.to_utf8(raw, TextKind::multi_valued)));
  if (is_one_of(vr, {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"}))  // no set but the default one
    return without_controls(trim_each(repair_utf8(raw)));
  return {};
}

}  // namespace inferad::dicom
