// SPDX-License-Identifier: Apache-2.0
// The reading room: studies come, radiologists read one at a time to its end (also after their shift), and whoever is
// free takes the study that a rule names. Nobody idles while a study waits. Deterministic: the randomness is in the
// studies. Times in milliseconds since the start.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "server/worklist/policy.h"

namespace inferad::simulation {

using Time = std::int64_t;
inline constexpr Time kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
inline constexpr Time kNever = INT64_MAX;

struct Study {
  Time arrival = 0, reading = 0;
  Time ai_at = kNever;                       // when the AI's result is on the list; kNever: none comes
  Level order = Level::routine;              // of the order
  Level ai = Level::low;                     // what the AI asks for; only a more urgent level than the order's counts
  std::uint32_t diseased = 0, positive = 0;  // by finding: truth, and what the AI says

  Level raised() const { return ai_at == kNever ? order : more_urgent(order, ai); }
};

struct Rule {
  enum class Kind {
    shipped,       // worklist::Policy, as the node runs it
    fifo,          // first in, first out, whatever the level
    strict,        // the most urgent level, first come first served inside
    cap,           // strict, and after `cap` in the wait the highest urgency (the published rule)
    accumulating,  // the greatest rate[level] x wait (Kleinrock 1964)
  };
  std::string name;
  Kind kind = Kind::shipped;
  bool ai = true;                           // false: the list without AI results
  worklist::PolicySettings policy;          // shipped
  bool starts_recorded = true;              // shipped; false: plain earliest deadline
  Time cap = 0;                             // cap
  std::array<double, 4> rates{1, 1, 1, 1};  // accumulating
};

using ReadersByHour = std::array<int, 24>;

// When each reading starts; kNever: still unread at `end`. `studies` by arrival. The shipped rule starts with n = k.
std::vector<Time> read_all(std::span<const Study> studies, const ReadersByHour& readers, const Rule& rule, Time end);

// The same, but somebody is free exactly at each of `slots` (sorted), as recorded somewhere.
std::vector<Time> read_at(std::span<const Study> studies, std::span<const Time> slots, const Rule& rule);

}  // namespace inferad::simulation
