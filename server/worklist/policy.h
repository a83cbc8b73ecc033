// SPDX-License-Identifier: Apache-2.0
// The reading order: earliest deadline first with a target for each level and a reserve for STAT. Pure, no clock, no
// I/O. The node's list and `inferad simulate` call the same Policy::next.
//
//   level(i)  = more_urgent(order level, AI level)      AI only raises
//   key(i)    = arrival(i) + target(level(i))           arrival is never reset, so a key can only fall
//   candidate = least key                               ties: arrival, then study UID
//   if STAT waits and the candidate is another level:   n = STAT starts since the last such exception
//       n >= k - 1: the candidate, n = 0                the exception: once in k
//       else:       the oldest STAT study, n += 1       the reserve
//   else: the candidate; n += 1 when it is STAT
//
// Strict priority lets low levels wait for ever; "after T minutes: top" turns a busy list back into first come, first
// served. Deadlines bound everybody's wait: a study is overtaken only by more urgent ones that arrive within the
// difference of their targets after it. The reserve keeps STAT in front of overdue studies except once in k.
// Start-by deadlines: Panwar, Towsley and Wolf 1988 (J ACM 35:832); overload of the alternatives: Oz, Shnaider and
// Perry 2020. Within a level the key grows with the arrival, so the four oldest studies are all that a turn looks at,
// and nothing is sorted again when a reading starts.
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
  // Time from arrival within which a study of each level should be read: STAT, HIGH, ROUTINE, LOW; none shorter than
  // the one before it.
  std::array<Millis, 4> targets = targets_of(std::chrono::minutes(480));
  int reserve = 8;  // k: of k readings while STAT waits, at most one goes to an overdue study of another level

  // [0, delta/4, delta/2, delta]
  static std::array<Millis, 4> targets_of(Millis delta) { return {Millis(0), delta / 4, delta / 2, delta}; }
};

// The oldest waiting study of a level, by (arrival, tie); `tie` is the rank of its study UID.
struct Waiting {
  WallTime arrival{};
  std::uint64_t tie = 0;
};
using Heads = std::array<std::optional<Waiting>, 4>;  // by level; nullopt: nobody waits there

enum class Turn {
  deadline,   // it has the earliest deadline
  reserve,    // STAT before an overdue study of another level
  exception,  // overdue, before STAT that waits: once in k
};

class Policy {
 public:
  // `stat_starts`: n, from recorded reading starts; at the beginning of all records it is k, so that an exception is
  // possible at once. Without records nullopt: plain earliest deadline.
  Policy(const PolicySettings& settings, std::optional<int> stat_starts) : settings_(settings), n_(stat_starts) {}

  struct Choice {
    Level level = Level::stat;
    Turn turn = Turn::deadline;
  };
  Choice next(const Heads& heads) const;  // nullopt in every head is a bug

  // A reading began, by this rule or by a reader's own choice. `stat_waits`: another STAT study waited at that moment.
  void started(Level level, bool stat_waits);

  std::optional<int> stat_starts() const { return n_; }

 private:
  PolicySettings settings_;
  std::optional<int> n_;
};

struct WaitingStudy {
  std::int64_t id = 0;
  Level level = Level::routine;  // already the more urgent of order and AI
  WallTime arrival{};
  std::string study_uid;  // last tie-break, so that the order depends on the studies only
};

WallTime deadline(const WaitingStudy& study, const PolicySettings& settings);

// One row of the displayed list.
struct Place {
  std::int64_t id = 0;
  Turn turn = Turn::deadline;
};

// The rule applied again and again to the studies that remain, n counted on as if they were read in this order: the
// first is what is read next.
std::vector<Place> reading_order(std::span<const WaitingStudy> studies, const PolicySettings& settings,
                                 std::optional<int> stat_starts);

}  // namespace inferad::worklist
