// SPDX-License-Identifier: Apache-2.0
// Checks the simulator against expected numbers from elsewhere: a JSON file of parameter sets and what queueing theory
// says of each. Groups: emergent (STAT by order), ai_positive (HIGH), ai_negative (ROUTINE).
//
//   {"sets": [{"id": "A1", "parameters": {"prevalence", "sensitivity", "specificity", "radiologists", "utilisation",
//     "emergent_fraction", "read_min_diseased", "read_min_non_diseased", "read_min_emergent"},
//     "expected": {numbers, nested by name; [mean, half width of the 95 % interval] inside simulated_mean_and_ci95}}]}
//
// Within bounds: 2 % (3 % for quantiles) or three standard errors, whichever is more.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "server/simulation/scenario.h"

namespace inferad::simulation {

struct Expected {
  double value = 0;
  double half_width = 0;  // of its own 95 % interval; 0: exact
};

struct ReferenceSet {
  std::string id;
  Scenario scenario;
  std::map<std::string, Expected> expected;  // by path: "non_preemptive/with_ai/diseased"
};

std::vector<ReferenceSet> read_reference(const std::filesystem::path& file, Problems& problems);

struct Check {
  std::string set, path;
  double expected = 0, simulated = 0, bound = 0;
  bool holds() const;
};

struct ReferenceResult {
  std::vector<Check> checks;
  std::vector<std::string> not_compared;  // SET path: what the simulator does not do (interrupted readings)
  std::vector<std::string> unknown;       // SET path: a name that is none of the format, so nobody checked it
  bool holds() const;                     // and there was something to check, and nothing unknown
};

// `studies` of each set, in ten replications.
ReferenceResult check_reference(const std::vector<ReferenceSet>& sets, int studies,
                                const std::function<void(double)>& progress = {});

std::string to_text(const ReferenceResult& result);  // ends with one line of summary

}  // namespace inferad::simulation
