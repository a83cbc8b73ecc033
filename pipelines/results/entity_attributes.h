// SPDX-License-Identifier: Apache-2.0
// The attributes that describe the same patient and study in every object of the study (PS3.3 C.7.1.1 Patient, C.7.2.1
// General Study, C.7.2.2 Patient Study, C.7.1.3 and C.7.2.3 Clinical Trial). Results copy these and nothing else of
// those entities. Internal to results/.
#pragma once

#include <vector>

class DcmTagKey;

namespace inferad::results {

// Type 2: copied as they are, empty when the source lacks them.
const std::vector<DcmTagKey>& identity_attributes();
// Type 2C and 3: copied unless a value breaks its VR. Not the sequences that identify physicians: sources fill them in
// ways that no validator accepts.
const std::vector<DcmTagKey>& descriptive_attributes();
// Copied when the module is complete: sponsor and protocol are type 1 there.
const std::vector<DcmTagKey>& clinical_trial_attributes();

}  // namespace inferad::results
