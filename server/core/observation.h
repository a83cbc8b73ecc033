// SPDX-License-Identifier: Apache-2.0
// What coded observations of a final report say about findings, as the site's RIS codes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace inferad {

// One observation (OBX) and which of its values say that a finding is there, or is not. Any other value says nothing.
struct ObservationMapping {
  std::string code, system;  // OBX-3.1 and OBX-3.3, or their alternates; system "" = of any
  std::string finding;       // id or name of a finding, as pipelines call it
  // Of coded values (CWE, CE, CNE, CF) the code, of texts (ST, IS, ID) the whole text; exactly so.
  std::vector<std::string> present, absent;
  std::optional<double> present_at_least;  // of numbers (NM): present from this on, absent below
  bool operator==(const ObservationMapping&) const = default;
};

struct FindingStatement {
  std::string finding;
  std::optional<bool> present;  // nullopt: the report does not say, or no longer
  bool operator==(const FindingStatement&) const = default;
};

}  // namespace inferad
