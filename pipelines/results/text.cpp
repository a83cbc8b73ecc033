// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace inferad::results {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kSpellings{{{"≥", ">="},
                                                                                    {"≤", "<="},
                                                                                    {"–", "-"},
                                                                                    {"—", "-"},
                                                                                    {"−", "-"},
                                                                                    {"…", "..."},
                                                                                    {"×", "x"},
                                                                                    {"±", "+/-"},
                                                                                    {"µ", "u"},
                                                                                    {"°", " degrees"},
                                                                                    {"²", "2"},
                                                                                    {"³", "3"},
                                                                                    {"‘", "'"},
                                                                                    {"’", "'"},
                                                                                    {"“", "\""},
                                                                                    {"”", "\""}}};

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return 2;
}

std::string spelled_in_ascii(std::string_view character) {
  for (const auto& [from, to] : kSpellings)
    if (character == from) return std::string(to);
  return "?";
}

std::string fitting(std::string_view character, bool utf8, TextKind kind) {
  const char c = character[0];
  if (character.size() > 1) return utf8 ? std::string(character) : spelled_in_ascii(character);
  if (static_cast<unsigned char>(c) >= 0x80) return "?";  // a stray byte
  if (kind == TextKind::paragraph && c == '\n') return "\r\n";
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return " ";
  if (kind == TextKind::line && c == '\\') return "/";
  return std::string(1, c);
}

}  // namespace

std::string dicom_text(std::string_view text, bool utf8, std::size_t characters_max, TextKind kind) {
  std::string result;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto length = std::min(sequence_length(static_cast<unsigned char>(text[i])), text.size() - i);
    const auto piece = fitting(text.substr(i, length), utf8, kind);
    const std::size_t added = utf8 && length > 1 ? 1 : piece.size();
    if (characters + added > characters_max) break;
    result += piece;
    characters += added;
    i += length;
  }
  const auto first = result.find_first_not_of(' '), last = result.find_last_not_of(' ');
  return first == std::string::npos ? std::string() : result.substr(first, last - first + 1);
}

DecimalString decimal_string(double value) {
  const auto same = [value](const std::string& text) { return std::strtod(text.c_str(), nullptr) == value; };
  std::string text = fmt::format("{}", value);  // the shortest that reads back as the same
  if (text.size() <= 16) return {text, true};
  for (int digits = 16; digits > 0; --digits) {
    text = fmt::format("{:.{}g}", value, digits);
    if (text.size() <= 16) break;
  }
  return {text, same(text)};
}

bool is_timezone_offset(std::string_view text) {
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-')) return false;
  if (text.find_first_not_of("0123456789", 1) != std::string_view::npos) return false;
  const int value = std::atoi(std::string(text.substr(1)).c_str()) * (text[0] == '-' ? -1 : 1);
  return value >= -1200 && value <= 1400 && std::abs(value) % 100 < 60;
}

DicomTime dicom_time(WallTime time, std::string_view offset) {
  const std::string zone = is_timezone_offset(offset) ? std::string(offset) : "+0000";
  const int digits = std::atoi(zone.c_str());
  const auto local = std::chrono::floor<std::chrono::seconds>(time) + std::chrono::hours(digits / 100) +
                     std::chrono::minutes(digits % 100);
  const std::time_t whole = local.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return {fmt::format("{:%Y%m%d}", parts), fmt::format("{:%H%M%S}", parts), zone};
}

}  // namespace inferad::results
