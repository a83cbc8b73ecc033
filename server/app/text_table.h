// SPDX-License-Identifier: Apache-2.0
// A table for a terminal. Cells come from strangers (patient names, errors of peers): control characters are replaced,
// so that none can move the cursor. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace inferad::app {

struct Column {
  std::string title;
  bool right = false;               // aligned right: numbers
  std::size_t characters_max = 40;  // longer cells end in …
};

std::string text_table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows);

// `text` on one line, without control characters.
std::string printable(std::string_view text);

}  // namespace inferad::app
