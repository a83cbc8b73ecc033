// SPDX-License-Identifier: Apache-2.0
// Where each value of a JSON text stands: the index that JSON libraries do not keep. One bounded pass without recursion
// that understands strings and brackets only; whether the text is JSON is for the real parser to say.
// Internal to json_document.cpp and json_object.cpp.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "server/base/problem.h"

namespace inferad {

inline constexpr std::size_t kJsonBytesMax = 1 << 20;
inline constexpr std::size_t kJsonDepthMax = 32;
inline constexpr std::size_t kJsonValuesMax = 20'000;
inline constexpr std::size_t kJsonKeyBytesMax = 128;

struct Place {
  Position key;  // of the member's name; the same as value in arrays
  Position value;
};

struct JsonPositions {
  std::unordered_map<std::string, Place> places;  // by JSON pointer
  Problems problems;                              // limits broken, names given twice; `file` is left empty
};

// Adds a problem for each member whose name its object has already; at a limit adds a problem and stops.
JsonPositions find_positions(std::string_view text);

// Line and column of a byte offset.
Position position_at(std::string_view text, std::size_t offset);

// "/a~1b/0" for member "a/b", element 0 (RFC 6901 section 3).
std::string pointer_to(const std::string& parent, std::string_view member);

}  // namespace inferad
