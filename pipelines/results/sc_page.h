// SPDX-License-Identifier: Apache-2.0
// The page of a secondary capture, from what a request holds. Internal to results/.
#pragma once

#include "pipelines/results/overlay.h"

namespace inferad::results {

// Boxes and points that are not absent, in the order of the findings.
std::vector<Mark> marks_of(const ResultRequest& request);

// Nothing of the patient is in its words. Needs the request's image or views.
OverlayInput overlay_input(const ResultRequest& request);

}  // namespace inferad::results
