// SPDX-License-Identifier: Apache-2.0
// Where a finding lies, as coordinates in its group of the report (PS3.16 TID 1410 and 1411). Internal to results/.
#pragma once

#include <string_view>

#include "pipelines/findings/findings.h"
#include "pipelines/results/results.h"
#include "pipelines/results/sr_content.h"

namespace inferad::results {

// 1411 for a box in the patient, else 1410.
std::string_view template_of(const findings::Location& location);

// A box in the patient is the ellipsoid that touches its faces (Volume Surface; SCOORD3D knows no box), with the series
// it was found in; a point there is a SCOORD3D; in an image a box is a closed polyline of five points.
void write_location(ContentItem& group, const ResultRequest& request, const findings::Location& location);

}  // namespace inferad::results
