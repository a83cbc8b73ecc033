// SPDX-License-Identifier: Apache-2.0
// Cases in, numbers out: by pipeline, version and group. Pure. Definitions: server/adr/0026-evidence.md.
#pragma once

#include <span>

#include "server/core/evidence.h"
#include "server/evidence/case.h"

namespace inferad::evidence {

// `rows`, `withheld`, `judged` and `reported`; the rest is the caller's.
Evidence table(std::span<const Case> cases, int group_min);

}  // namespace inferad::evidence
