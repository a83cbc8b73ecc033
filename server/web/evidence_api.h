// SPDX-License-Identifier: Apache-2.0
// Evidence at the API: as JSON for the page, as a table for a spreadsheet, and what is told of final reports. Pure.
#pragma once

#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/core/evidence.h"

namespace inferad::web {

// Members as in core/evidence.h. A proportion is {"k", "n", "value", "low", "high"}, a wait {"n", "mean", …, "low",
// "high"} in minutes; what is unknown is null.
std::string evidence_json(const Evidence& evidence);

// One line a number: pipeline, version, by, group, finding, measure, unit, k, n, value, low, high; what is unknown is
// empty. RFC 4180, first line the names.
std::string evidence_csv(const Evidence& evidence);

// {"study": "its accession number or Study Instance UID", "source": "who says so",
//  "statements": [{"finding": "name or id", "present": true}]}. invalid_input names the member that is wrong.
Result<ReportNews> report_from(std::string_view body);

}  // namespace inferad::web
