// SPDX-License-Identifier: Apache-2.0
// The studies of the worklist in the order in which they are read, and why one stands where it does. Pure.
#pragma once

#include <optional>
#include <vector>

#include "server/config/settings.h"
#include "server/core/views.h"
#include "server/worklist/policy.h"

namespace inferad::flow {

// Longer targets while no reading start is recorded.
worklist::PolicySettings reading_policy(const config::WorklistSettings& settings, bool starts_recorded);

struct OrderedList {
  ReadingList list;
  std::vector<worklist::Turn> turns;  // what decided, of each that waits
  worklist::PolicySettings policy;
};

// `stat_starts`: n of worklist/policy.h; nullopt: no start is recorded.
OrderedList reading_list(const StudiesOnList& studies, const worklist::PolicySettings& policy,
                         std::optional<int> stat_starts);

// Of study `id`: nothing but position 0 when it does not wait.
ReadingPlace place_of(std::int64_t id, const OrderedList& ordered, WallTime now);

}  // namespace inferad::flow
