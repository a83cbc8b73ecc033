// SPDX-License-Identifier: Apache-2.0
// What a findings.json says, item by item: for feedback, key images and evidence. Pure; tolerant: what is not there or
// of another kind is empty, since findings.json was validated when it came.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace inferad::flow {

struct FindingItem {
  std::string id;        // "emphysema"
  std::string label;     // "Pulmonary emphysema"
  std::string presence;  // "present", "absent", "indeterminate", "measured"
};

struct FindingItems {
  std::string pipeline_version, model_sha256;
  bool analysed = false;
  std::string reason;  // id of the item for which it asks for a priority; "" = it asks for none
  std::vector<FindingItem> items;

  const FindingItem* find(std::string_view id) const;  // nullptr: there is none
};

FindingItems finding_items(std::string_view findings_json);

}  // namespace inferad::flow
