// SPDX-License-Identifier: Apache-2.0
#include "server/core/priority.h"

#include <algorithm>
#include <cctype>

namespace inferad {
namespace {
constexpr std::string_view kNames[] = {"STAT", "HIGH", "ROUTINE", "LOW"};
}

std::string_view to_string(Level level) { return kNames[static_cast<int>(level)]; }

std::optional<Level> level_from(std::string_view text) {
  const auto same = [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; };
  for (int i = 0; i < 4; ++i)
    if (std::equal(text.begin(), text.end(), kNames[i].begin(), kNames[i].end(), same)) return static_cast<Level>(i);
  return std::nullopt;
}

}  // namespace inferad
