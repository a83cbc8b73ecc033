// SPDX-License-Identifier: Apache-2.0
// One report of what several pipelines said about a study (recipe/join_file.h). Pure.
//
// What an input does not tell is unknown, never "no": a finding that any unknown takes part in is present or
// indeterminate, not absent.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "pipelines/findings/findings.h"
#include "pipelines/recipe/join_file.h"

namespace inferad::engine {

// One pipeline of the study. Without findings it did not get that far.
struct JoinInput {
  std::string pipeline;
  std::optional<findings::Findings> findings;
  std::string reason;  // why there are none
};

// `report` as begin_report made it. Inputs that the file does not name are left out; ones it names that are not there
// are said to be missing. Not analysed when no input was.
findings::Findings join(findings::Findings report, const recipe::JoinFile& file, std::span<const JoinInput> inputs);

// The rules, for reports about which nothing else is known yet.
findings::Algorithm algorithm_of(const recipe::JoinFile& file);

}  // namespace inferad::engine
