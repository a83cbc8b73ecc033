// SPDX-License-Identifier: Apache-2.0
// The studies of one replication: the same for every rule that reads them (common random numbers).
#pragma once

#include "server/simulation/scenario.h"

namespace inferad::simulation {

// By arrival. Arrivals are a Poisson process whose rate changes by hour and by day; a finding is drawn for each study
// on its own, and the AI's answer by its sensitivity and specificity.
std::vector<Study> draw_studies(const Scenario& scenario, int replication);

}  // namespace inferad::simulation
