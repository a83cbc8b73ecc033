// SPDX-License-Identifier: Apache-2.0
// What was found, coded: (87433001, SCT, "Pulmonary emphysema").
#pragma once

#include <string>

namespace inferad {

struct CodedFinding {
  std::string value, scheme, meaning;
};

}  // namespace inferad
