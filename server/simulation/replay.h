// SPDX-License-Identifier: Apache-2.0
// A site's own days again: the recorded reading starts are the moments at which a radiologist was free, and a rule says
// which of the studies that waited is read then. No reading time is assumed. Where Delta comes from: what 95 % of the
// studies wait less than when first come, first served.
#pragma once

#include <string>
#include <vector>

#include "server/core/reading.h"
#include "server/simulation/histogram.h"
#include "server/simulation/room.h"

namespace inferad::simulation {

inline constexpr std::size_t kReplayReadingsMin = 200;  // fewer say nothing about 5 % of them
inline constexpr double kDeltaMinutesLeast = 60;

struct Replayed {
  std::string rule;
  std::array<Histogram, 4> by_level;  // of the level it had in the end
  Histogram all;
};

struct Replay {
  std::vector<Replayed> rules;  // as they were read; fifo; the policy as it is set; the policy with the proposed Delta
  double fifo_p95_minutes = 0, fifo_p99_minutes = 0;
  double delta_minutes = 0;  // proposed
};

// `readings`: at least kReplayReadingsMin, any order. `policy`: as the site has set it.
Replay replay(const std::vector<ReadingRecord>& readings, const worklist::PolicySettings& policy);

std::string to_text(const Replay& replay);

struct PairedWait {
  Time as_it_was = 0;
  Time fifo = 0;  // first come, first served, at the same moments; kNever: a start before its arrival took its moment
};

// Of each reading, in the order given; any number of them. The sums are equal: nobody gains without others who lose.
std::vector<PairedWait> against_fifo(const std::vector<ReadingRecord>& readings);

}  // namespace inferad::simulation
