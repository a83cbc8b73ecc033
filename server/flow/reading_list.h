// SPDX-License-Identifier: Apache-2.0
// The entries of the worklist in the order in which they are read, each with its place and why. Pure.
#pragma once

#include <optional>
#include <vector>

#include "server/config/settings.h"
#include "server/core/views.h"
#include "server/worklist/policy.h"

namespace inferad::flow {

// Longer targets while no reading start is recorded.
worklist::PolicySettings reading_policy(const config::WorklistSettings& settings, bool starts_recorded);

// Waiting studies in reading order, with position, deadline and reason; then those whose reading started, the latest
// first. `stat_starts`: n of worklist/policy.h.
std::vector<WorklistEntry> reading_list(std::vector<WorklistEntry> entries, const worklist::PolicySettings& policy,
                                        std::optional<int> stat_starts, WallTime now);

}  // namespace inferad::flow
