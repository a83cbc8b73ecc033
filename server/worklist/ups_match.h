// SPDX-License-Identifier: Apache-2.0
// C-FIND of Unified Procedure Steps (PS3.4 CC.2.8, matching of C.2.2.2): single values, wildcards, lists of UIDs,
// ranges of dates and times, sequences. Date-times are compared as written, both in UTC here. Pure.
#pragma once

#include "server/core/data_set.h"

namespace inferad::worklist {

// How a key of this VR is compared, for people.
std::string_view matching_of(std::string_view vr);

bool matches(const DataSet& keys, const DataSet& workitem);
// What the keys ask for, and the UIDs of the workitem (CC.2.8.1.3.2); an attribute that it lacks is empty.
DataSet requested(const DataSet& keys, const DataSet& workitem);

}  // namespace inferad::worklist
