// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/position.h"

#include <fmt/format.h>

#include <cstdlib>

namespace inferad::worklist {
namespace {

std::int64_t whole_minutes(Millis time) { return std::chrono::duration_cast<std::chrono::minutes>(time).count(); }

std::string level_text(const Position& position) {
  if (position.level == position.order_level) return fmt::format("{} by its order", to_string(position.level));
  return fmt::format("{}, raised by AI from {} of its order: {}", to_string(position.level),
                     to_string(position.order_level), position.raised_because);
}

std::string deadline_text(const Position& position, const PolicySettings& settings, WallTime now) {
  const auto target = settings.targets[static_cast<std::size_t>(position.level)];
  const auto left = whole_minutes(position.deadline - now);
  const auto waited = whole_minutes(now - position.arrival);
  if (target == Millis(0)) return fmt::format("waits {} min; target: at once", waited);
  return fmt::format(
      "waits {} min of a target of {} min, {}", waited, whole_minutes(target),
      position.deadline < now ? fmt::format("{} min overdue", std::abs(left)) : fmt::format("{} min left", left));
}

std::string turn_text(Turn turn, const PolicySettings& settings) {
  switch (turn) {
    case Turn::deadline:
      return "earliest deadline of those that remain";
    case Turn::reserve:
      return "STAT goes before studies with an earlier deadline (reserve)";
    case Turn::exception:
      return fmt::format("its deadline is earlier, and one in {} goes before waiting STAT (exception)",
                         settings.reserve);
  }
  return {};
}

}  // namespace

std::string why(const Position& position, const PolicySettings& settings, bool starts_recorded, WallTime now) {
  auto text = fmt::format("{} of {}. {}. {}. Order: {}.", position.place, position.waiting, level_text(position),
                          deadline_text(position, settings, now), turn_text(position.turn, settings));
  if (!starts_recorded) text += " No reading start is recorded: plain earliest deadline, without a reserve for STAT.";
  return text;
}

}  // namespace inferad::worklist
