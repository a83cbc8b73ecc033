// SPDX-License-Identifier: Apache-2.0
// What the node takes from a findings.json (config/schema/findings.schema.json): enough to know that it belongs to the
// job, and what it asks of the worklist. The rest is shown as it is. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/core/coded_finding.h"
#include "server/core/priority.h"

namespace inferad::flow {

inline constexpr std::size_t kFindingsBytesMax = 16 << 20;

struct FindingsSummary {
  std::string job, pipeline, pipeline_version, study_uid;
  int revision = 0;
  bool analysed = false, failed = false;     // neither: not analysed
  std::optional<PriorityDecision> proposal;  // without decided_at
  CodedFinding finding;                      // that the proposal comes from; empty: it is none of the items
};

// invalid_input names the member that is missing or of another kind. A proposal without analysis is refused.
Result<FindingsSummary> read_findings(std::string_view text);

}  // namespace inferad::flow
