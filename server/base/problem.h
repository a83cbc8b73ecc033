// SPDX-License-Identifier: Apache-2.0
// A mistake in a configuration file, told so that it can be found and mended: where, what was found, what was expected.
#pragma once

#include <string>
#include <vector>

namespace inferad {

struct Position {
  int line = 1, column = 1;  // column counts characters
  auto operator<=>(const Position&) const = default;
};

struct Problem {
  std::string file;
  Position position;
  std::string pointer;  // RFC 6901; "" is the whole document
  std::string what;
};

using Problems = std::vector<Problem>;

// "config/inferad.json:12:5: /dicom/port: found 70000, expected …"
std::string to_string(const Problem& problem);

// The word of `known` that a mistyped `word` most likely means, "" when none is near.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

}  // namespace inferad
