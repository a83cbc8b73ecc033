// SPDX-License-Identifier: Apache-2.0
// Levels of the reading worklist, most urgent first. AI may only raise: the level of a study is the most urgent of its
// order's level and every AI level.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/clock.h"

namespace inferad {

enum class Level { stat = 0, high = 1, routine = 2, low = 3 };

std::string_view to_string(Level level);                 // "STAT", "HIGH", "ROUTINE", "LOW"
std::optional<Level> level_from(std::string_view text);  // the same words, any case

inline Level more_urgent(Level a, Level b) { return a < b ? a : b; }

// Why a study was raised: kept in the ledger, shown beside the original priority, sent to the RIS.
struct PriorityDecision {
  Level level = Level::routine;
  std::string reason;  // plain words: "Emphysema: LAA-950 31.2 % (threshold 25 %)"
  std::string pipeline, pipeline_version;
  std::string model_sha256;
  std::optional<double> score;  // the value that crossed the threshold
  std::optional<double> threshold;
  std::string score_name;  // "LAA-950 %"
  WallTime decided_at{};
  bool operator==(const PriorityDecision&) const = default;
};

}  // namespace inferad
