// SPDX-License-Identifier: Apache-2.0
#include "server/app/text_table.h"

#include <algorithm>

namespace inferad::app {

namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string shortened(std::string text, std::size_t most) {
  if (characters(text) <= most) return text;
  std::size_t seen = 0, end = 0;
  for (; end < text.size(); ++end) {
    if (!is_continuation(text[end]) && ++seen == most) break;
  }
  return text.substr(0, end) + "…";
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string spaces(width - std::min(width, characters(text)), ' ');
  return right ? spaces + text : text + spaces;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;  // U+0080…9F
    if (c1) ++i;
    out += c < ' ' || c == 127 || c1 ? ' ' : text[i];
  }
  return out;
}

std::string text_table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> cells(1);
  for (const auto& column : columns) cells[0].push_back(column.title);
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      line.push_back(shortened(printable(i < row.size() ? row[i] : ""), columns[i].characters_max));
    }
  }
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& line : cells) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], characters(line[i]));
  }
  std::string out;
  for (const auto& line : cells) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) text += "  ";
      text += padded(line[i], widths[i], columns[i].right);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
  return out;
}

}  // namespace inferad::app
