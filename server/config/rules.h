// SPDX-License-Identifier: Apache-2.0
// config/routing.json as values: which study gets which pipeline. flow/router evaluates them. Copyable; thread-safe
// when const.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/base/problem.h"
#include "server/config/condition.h"

namespace inferad::config {

// What makes one series better than another for a pipeline; the first difference decides.
struct Preference {
  enum class Kind {
    condition,  // series that fulfil the condition first
    longest,    // the longer way from first to last slice; less than 20 mm is no difference
    thinnest,   // the smaller distance between slices
    most_images,
  };
  Kind kind = Kind::condition;
  Condition condition;
};

struct Rule {
  std::string name, description;
  Condition when;                  // over the study
  Condition series;                // which series the pipeline may get
  std::vector<Preference> prefer;  // the best of them first
  std::string pipeline;            // "" = nothing runs, because:
  bool joins = false;              // its pipeline.json is of the kind "join": it runs when the study's other jobs ended
  bool not_analysed = false;       // true: AI should have looked but cannot; false: nothing for AI in this study
  std::string because;
};

struct Routing {
  bool all_matches = false;  // false: the first rule that matches takes the study
  std::vector<Rule> rules;
};

// Reads and checks a rules file, also for what is valid but cannot be meant: two rules of one name, rules that can
// never be reached, pipelines without a folder below `pipelines_folder`. Every mistake is added to `problems`; with one
// the rules are not to be used.
Routing read_routing(const std::filesystem::path& file, const std::filesystem::path& pipelines_folder,
                     Problems& problems);

std::string to_string(const Preference& preference);

}  // namespace inferad::config
