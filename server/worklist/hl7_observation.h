// SPDX-License-Identifier: Apache-2.0
// Coded observations of a report as statements about findings. Pure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "server/core/observation.h"
#include "server/worklist/hl7_reader.h"

namespace inferad::worklist {

// `report`: one order of an ORU^R01, OBR and what belongs to it. Only of what is final: OBX-11 F or C where OBR-25 is
// F, C or absent. Of several observations of one finding (left and right, repetitions of OBX-5) it is present when any
// says so, absent when all do, else nothing is said. OBX-11 W, D or X takes back what was said. One statement a
// finding.
std::vector<FindingStatement> hl7_statements(std::span<const Hl7Segment* const> report,
                                             std::span<const ObservationMapping> mappings);

}  // namespace inferad::worklist
