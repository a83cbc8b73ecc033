// SPDX-License-Identifier: Apache-2.0
// pipeline.json of the kind "join": rules over what other pipelines said about the same study. Plain values.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipelines/recipe/finding_head.h"
#include "pipelines/recipe/range.h"
#include "server/base/result.h"

namespace inferad::recipe {

struct JoinCondition {
  enum class Kind {
    all,          // of parts
    any,          // of parts
    finding,      // the item of a pipeline is present, or absent
    measurement,  // a value of the item lies in a range
  };
  Kind kind = Kind::finding;
  std::vector<JoinCondition> parts;
  std::string pipeline, item;  // Findings::pipeline, Finding::id
  bool absent = false;
  std::string measurement;  // Measurement::label
  Range range;
};

struct JoinFinding : FindingHead {
  JoinCondition when;
};

struct JoinFile {
  std::string name, version, title, manufacturer;
  std::vector<std::string> inputs;  // pipelines
  std::vector<JoinFinding> findings;
};

// As read_pipeline_file.
Result<JoinFile> read_join_file(const std::filesystem::path& folder);

}  // namespace inferad::recipe
