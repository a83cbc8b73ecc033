// SPDX-License-Identifier: Apache-2.0
// An outcome as text for people: a row for each group and rule, and what to expect of the AI in one sentence a finding.
#pragma once

#include <string>

#include "server/simulation/experiment.h"

namespace inferad::simulation {

// Columns: n, mean, p50, p90, p99, p99.9, max, share over Delta, unread, difference to no AI with 95 % interval.
std::string table_text(const Outcome& outcome);

// "no benefit expected" where the interval of the shipped list's difference contains 0.
std::string verdict_text(const Outcome& outcome);

std::string report_text(const Scenario& scenario, const Outcome& outcome);

}  // namespace inferad::simulation
