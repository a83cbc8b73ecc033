// SPDX-License-Identifier: Apache-2.0
#include "server/web/csv.h"

namespace inferad::web {

namespace {

void append_cell(std::string& line, std::string_view cell) {
  const bool formula = !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos;
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    line.append(formula ? "'" : "").append(cell);
    return;
  }
  line.append(formula ? "\"'" : "\"");
  for (const char c : cell) line.append(c == '"' ? 2 : 1, c);
  line += '"';
}

}  // namespace

std::string csv_line(std::initializer_list<std::string_view> cells) {
  std::string line;
  for (const auto& cell : cells) {
    if (&cell != cells.begin()) line += ',';
    append_cell(line, cell);
  }
  return line + "\r\n";
}

}  // namespace inferad::web
