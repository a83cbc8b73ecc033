// SPDX-License-Identifier: Apache-2.0
// Intervals at 95 %. Pure.
#pragma once

#include <vector>

#include "server/core/evidence.h"

namespace inferad::evidence {

// Score interval of Wilson (J Am Stat Assoc 1927;22:209), without continuity correction. 0 <= k <= n.
Proportion proportion(int k, int n);

struct PairedWait {
  double minutes = 0, fifo_minutes = 0;
  int day = 0;  // of arrival
};

// The interval of the mean difference takes days as clusters, since studies of one queue are not independent (Liang and
// Zeger 1986; t with days - 1 degrees of freedom).
WaitEvidence wait_evidence(const std::vector<PairedWait>& waits);

// Of Student's t, 97.5 %; by expansion (Abramowitz and Stegun 26.7.5), within 0.3 % from 4 degrees of freedom on.
double t_quantile_975(int degrees);

}  // namespace inferad::evidence
