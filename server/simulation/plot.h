// SPDX-License-Identifier: Apache-2.0
// Plots of an outcome as SVG text. Pure; the same outcome gives the same bytes.
#pragma once

#include "server/simulation/experiment.h"

namespace inferad::simulation {

// The share of a group's studies that waits longer than t, over t, a line for each rule; logarithmic share.
std::string tail_plot(const Outcome& outcome, std::size_t group);

// Mean (dot) and p99 (end of the line) of each group under each rule.
std::string means_plot(const Outcome& outcome);

}  // namespace inferad::simulation
