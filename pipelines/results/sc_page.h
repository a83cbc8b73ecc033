// SPDX-License-Identifier: Apache-2.0
// The page of a secondary capture, from what a request holds. Internal to results/.
#pragma once

#include "pipelines/results/overlay.h"

namespace inferad::results {

// Nothing of the patient is in its words.
OverlayInput overlay_input(const ResultRequest& request);

}  // namespace inferad::results
