// SPDX-License-Identifier: Apache-2.0
#include "server/base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cmath>

#include "server/base/clock.h"

namespace inferad::log {
namespace {

std::atomic<Level> g_level{Level::info};

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error"};

void append_value(std::string& line, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value))
    line += json_quote(*text);
  else if (const auto* number = std::get_if<std::int64_t>(&field.value))
    line += fmt::format("{}", *number);
  else if (const auto* real = std::get_if<double>(&field.value))
    line += std::isfinite(*real) ? fmt::format("{:.6g}", *real) : "null";
  else
    line += std::get<bool>(field.value) ? "true" : "false";
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(at), second = byte(at + 1);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(at + 1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
    return tail(at + 1) && tail(at + 2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
    return tail(at + 1) && tail(at + 2) && tail(at + 3) ? 4 : 0;
  }
  return 0;
}

void set_level(Level level) { g_level = level; }

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(text, i);
    if (length == 0) {
      out += "\\ufffd";
      ++i;
    } else if (length > 1) {
      out += text.substr(i, length);
      i += length;
    } else {
      if (c == '"' || c == '\\')
        (out += '\\') += static_cast<char>(c);
      else if (c == '\n')
        out += "\\n";
      else if (c < 0x20 || c == 0x7F)
        out += fmt::format("\\u{:04x}", c);
      else
        out += static_cast<char>(c);
      ++i;
    }
  }
  return out += '"';
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  std::string line = fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"event\":{}", to_iso8601(wall_now()),
                                 kLevelNames[static_cast<int>(level)], json_quote(event));
  for (const Field& field : fields) {
    line += fmt::format(",{}:", json_quote(field.key));
    append_value(line, field);
  }
  line += "}\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace inferad::log
