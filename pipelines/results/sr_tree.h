// SPDX-License-Identifier: Apache-2.0
// The content of the report: TID 1500 with 1002, 1410, 1411, 1501, 1600 and 4019 (PS3.16). Internal to results/.
#pragma once

#include "pipelines/results/sr.h"
#include "pipelines/results/sr_content.h"

namespace inferad::results {

void write_report_tree(ItemWriter& data_set, const ResultRequest& request, const ReportForm& form);

}  // namespace inferad::results
