// SPDX-License-Identifier: Apache-2.0
#include "server/core/ups.h"

#include <algorithm>
#include <array>

namespace inferad::ups {
namespace {

constexpr std::array<std::string_view, 4> kStates{"SCHEDULED", "IN PROGRESS", "CANCELED", "COMPLETED"};
constexpr std::array<std::string_view, 3> kPriorities{"HIGH", "MEDIUM", "LOW"};

}  // namespace

bool is_sop_class(std::string_view uid) {
  constexpr std::array kClasses{push, watch, pull, event, query};
  return std::find(kClasses.begin(), kClasses.end(), uid) != kClasses.end();
}

std::string_view to_string(State state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<State> state_from(std::string_view text) {
  const auto found = std::find(kStates.begin(), kStates.end(), text);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<State>(found - kStates.begin());
}

std::string_view priority_of(Level level) {
  if (level <= Level::high) return kPriorities[0];
  return level == Level::routine ? kPriorities[1] : kPriorities[2];
}

Level level_of(std::string_view priority) {
  if (priority == kPriorities[0]) return Level::high;
  return priority == kPriorities[1] ? Level::routine : Level::low;
}

int priority_rank(std::string_view priority) {
  return static_cast<int>(std::find(kPriorities.begin(), kPriorities.end(), priority) - kPriorities.begin());
}

}  // namespace inferad::ups
