// SPDX-License-Identifier: Apache-2.0
// Structured log: one JSON object per line on stderr (systemd and containers collect it from there).
// Thread-safe; a line is written with one write(2). Control characters are escaped, so input cannot forge lines.
// Patient data never enters a log call: no names, ids, accession numbers or UIDs; use our own ids (study=17, job=42).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace inferad::log {

enum class Level { debug, info, warning, error };

struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <class Int>
  requires std::is_integral_v<Int> Field(std::string_view k, Int v) : key(k), value(static_cast<std::int64_t>(v)) {}
};

void set_level(Level level);  // default info
void write(Level level, std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::info, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::error, event, fields);
}

// Length of the valid UTF-8 sequence that starts at text[at], 0 when there is none (RFC 3629 table 3-7 of Unicode).
std::size_t utf8_length(std::string_view text, std::size_t at);

// The text of a JSON string literal (with quotes) for any bytes; invalid UTF-8 becomes U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace inferad::log
