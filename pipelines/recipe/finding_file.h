// SPDX-License-Identifier: Apache-2.0
// The names that pipeline.json gives to its outputs, and its findings, which look at them. Internal to recipe/.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/recipe/pipeline_file.h"
#include "server/base/json_document.h"

namespace inferad::recipe {

// Notes a problem when a name is used twice.
class Names {
 public:
  void add(const JsonNode& owner, const std::string& name);
  bool has(const std::string& name) const { return names_.contains(name); }
  // Notes a problem when `name` is none of these.
  void require(const JsonNode& user, const std::string& name, const char* what) const;

 private:
  std::set<std::string> names_;
};

// What a finding may look at.
struct Known {
  Names labels, classes, measurements, values, detections;
  bool scores = false;   // classes or detections have scores, not probabilities
  double score_min = 0;  // of detections
};

FindingSpec finding_of(const JsonNode& node, const Known& known, const Input& input);

// Which of several images a value or a finding is of; notes a problem where that is not the author's to say.
std::string image_of(JsonObject& object, const Input& input);

}  // namespace inferad::recipe
