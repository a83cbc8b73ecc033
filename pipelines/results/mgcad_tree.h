// SPDX-License-Identifier: Apache-2.0
// The content of a Mammography CAD SR (PS3.16 TID 4000 with 1204, 4001 to 4003, 4006, 4015 to 4021). Its templates may
// not be extended and their order counts: there is no observer in it, and no tracking identifier. Internal to results/.
#pragma once

#include <vector>

#include "pipelines/results/mammogram.h"
#include "pipelines/results/results.h"
#include "pipelines/results/sr_content.h"

namespace inferad::results {

// `mammograms`: of mammograms_of(request), in its order.
void write_mgcad_tree(ItemWriter& data_set, const ResultRequest& request, const std::vector<Mammogram>& mammograms);

}  // namespace inferad::results
