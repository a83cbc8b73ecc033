// SPDX-License-Identifier: Apache-2.0
// What every finding of a pipeline.json says, whatever it is judged by. Plain values.
#pragma once

#include <optional>
#include <string>

#include "pipelines/findings/findings.h"

namespace inferad::recipe {

struct FindingHead {
  std::string id, name;  // "pneumonia", "Pneumonia"
  findings::CodedConcept concept_code;
  std::optional<findings::CodedConcept> site, laterality;
  std::string level;  // the priority that it asks for when present: "STAT", "HIGH", "ROUTINE"; "" = none
};

}  // namespace inferad::recipe
