// SPDX-License-Identifier: Apache-2.0
// The parts of inferad.json about the reading list.
#pragma once

#include <array>
#include <chrono>

namespace inferad::config {

struct WorklistSettings {
  // From arrival to start of reading: STAT, HIGH, ROUTINE, LOW.
  std::array<std::chrono::minutes, 4> targets{std::chrono::minutes(0), std::chrono::minutes(120),
                                              std::chrono::minutes(240), std::chrono::minutes(480)};
  // The same while no reading start is recorded: the order is then plain earliest deadline, which needs longer targets.
  std::array<std::chrono::minutes, 4> targets_without_starts{std::chrono::minutes(0), std::chrono::minutes(180),
                                                             std::chrono::minutes(360), std::chrono::minutes(720)};
  int reserve = 8;
  int alarm_results = 100;           // of a pipeline, the latest; 0 = no alarm
  double alarm_share = 0.5;          // more of them raise: its raises are held
  double alarm_release_share = 0.3;  // fewer: released
  bool operator==(const WorklistSettings&) const = default;
};

// What the evidence after go-live covers.
struct EvidenceSettings {
  int days = 90;       // studies analysed so lately
  int group_min = 20;  // studies that a group of patients needs to be shown alone
  bool operator==(const EvidenceSettings&) const = default;
};

}  // namespace inferad::config
