// SPDX-License-Identifier: Apache-2.0
// What a report asks of the worklist. Pure; no LibTorch.
#pragma once

#include "pipelines/findings/findings.h"

namespace inferad::engine {

// The highest level wins; of equals the first that was proposed.
void propose(findings::PriorityProposal proposal, findings::Findings& report);

// Whether it is about images that a model does not know: "present" is worth a look then, "absent" is worth nothing.
bool is_outside_domain(const findings::Findings& report);

}  // namespace inferad::engine
