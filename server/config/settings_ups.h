// SPDX-License-Identifier: Apache-2.0
// The part "ups" of inferad.json: worklists of others that hold reading tasks as Unified Procedure Steps (PS3.4 Annex
// CC), whose priority we raise. Part of settings.h.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "server/core/priority.h"

namespace inferad::config {

enum class UpsKey { study_uid, accession_number };  // inside Referenced Request Sequence (0040,A370)

struct CodedText {
  std::string value, scheme, meaning;
  bool operator==(const CodedText&) const = default;
};

struct UpsDestination {
  std::string name;  // of the destination, in the outbox and in metrics
  std::string peer;  // with the role "ups"
  std::vector<UpsKey> find_by{UpsKey::study_uid, UpsKey::accession_number};  // each is asked for until one finds a task
  bool create_if_missing = false;
  Level least_level = Level::high;                                         // less urgent decisions are not sent
  std::array<std::string, 4> priorities{"HIGH", "HIGH", "MEDIUM", "LOW"};  // (0074,1200) for STAT, HIGH, ROUTINE, LOW
  // Of a task that we create.
  std::string worklist_label = "Reading";                      // (0074,1202)
  std::string procedure_label = "Reading";                     // (0074,1204)
  CodedText workitem_code{"110005", "DCM", "Interpretation"};  // (0040,4018), CID 9231
  bool operator==(const UpsDestination&) const = default;
};

}  // namespace inferad::config
