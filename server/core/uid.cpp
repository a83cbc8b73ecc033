// SPDX-License-Identifier: Apache-2.0
#include "server/core/uid.h"

namespace inferad {

bool is_valid_uid(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  char previous = '.';
  for (const char c : text) {
    if (c == '.' ? previous == '.' : (c < '0' || c > '9')) return false;
    previous = c;
  }
  return previous != '.';
}

std::string trim_uid(std::string_view raw) {
  while (!raw.empty() && (raw.back() == '\0' || raw.back() == ' ')) raw.remove_suffix(1);
  while (!raw.empty() && raw.front() == ' ') raw.remove_prefix(1);
  return std::string(raw);
}

}  // namespace inferad
