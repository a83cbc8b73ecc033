// SPDX-License-Identifier: Apache-2.0
// One study that one pipeline analysed, and what became known of it. No patient's name or number.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/clock.h"

namespace inferad::evidence {

enum class Presence { absent, indeterminate, present, measured };
std::optional<Presence> presence_from(std::string_view word);  // of a findings.json

struct Wait {
  double minutes = 0, fifo_minutes = 0;
};

struct Case {
  std::string pipeline, version;
  std::string age_band, sex, manufacturer, site;  // groups.h writes them; "" counts as not stated
  WallTime arrived_at{};

  struct Item {
    std::string finding;  // several of the same name (left and right, lesions) count once: the most said of any
    Presence presence = Presence::measured;
  };
  std::vector<Item> items;

  bool asked = false;   // for a higher priority
  bool raised = false;  // above the order's
  std::string reason;   // the finding it asked for; "" = unknown

  struct Word {           // of a reader, the latest of each on each finding
    std::string finding;  // "" = the result as a whole
    bool agrees = false;
  };
  std::vector<Word> words;

  struct Statement {  // of the final report
    std::string finding;
    bool present = false;
  };
  std::vector<Statement> statements;

  std::optional<Wait> wait;  // nullopt: no start of reading is recorded
};

}  // namespace inferad::evidence
