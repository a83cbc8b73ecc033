// SPDX-License-Identifier: Apache-2.0
// The reading order: earliest deadline first with a target for each level and a reserve for STAT. Pure functions, no
// clock, no I/O; the displayed list is the rule applied again and again to the studies that remain, so the first row is
// what is read next.
//
//   level(i) = more_urgent(order level, AI level)       AI only raises
//   key(i)   = arrival(i) + target(level(i))            arrival is never reset, so a key can only fall
//
// Strict priority lets low levels wait for ever; "after T minutes: top" turns a busy list back into first come, first
// served. Deadlines bound everybody's wait; the reserve keeps STAT in front of overdue studies except once in
// `reserve`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/core/priority.h"

namespace inferad::worklist {

struct PolicySettings {
  // Time from arrival within which a study of each level should be read: STAT, HIGH, ROUTINE, LOW.
  std::array<std::chrono::minutes, 4> targets{std::chrono::minutes(0), std::chrono::minutes(120),
                                              std::chrono::minutes(240), std::chrono::minutes(480)};
  int reserve = 8;  // k: of k readings while STAT waits, at most one goes to an overdue study of another level
};

struct WaitingStudy {
  std::int64_t id = 0;
  Level level = Level::routine;  // already the more urgent of order and AI
  WallTime arrival{};
  std::string study_uid;  // last tie-break, so that the order depends on the studies only
};

WallTime deadline(const WaitingStudy& study, const PolicySettings& settings);

// Study ids in reading order. `stat_starts` is the number of STAT readings started since another level last went before
// a waiting STAT study (counted from recorded reading starts); without such records pass nullopt: then the order is
// plain earliest deadline.
std::vector<std::int64_t> reading_order(std::span<const WaitingStudy> studies, const PolicySettings& settings,
                                        std::optional<int> stat_starts);

}  // namespace inferad::worklist
