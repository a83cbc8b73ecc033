// SPDX-License-Identifier: Apache-2.0
// Evidence as gauges in the Prometheus text format 0.0.4: of each pipeline and version as a whole, never of a group.
// What is unknown has no sample. Pure.
#pragma once

#include <string>

#include "server/core/evidence.h"

namespace inferad::evidence {

std::string exposition(const Evidence& evidence);

}  // namespace inferad::evidence
