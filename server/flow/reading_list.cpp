// SPDX-License-Identifier: Apache-2.0
#include "server/flow/reading_list.h"

#include <algorithm>
#include <map>

#include "server/worklist/position.h"

namespace inferad::flow {
namespace {

void explain(WorklistEntry& entry, worklist::Position position, const worklist::PolicySettings& policy,
             bool starts_recorded, WallTime now) {
  position.order_level = entry.order_level;
  position.level = entry.level;
  position.raised_because = entry.ai_reason;
  position.arrival = entry.arrived_at;
  position.deadline = entry.arrived_at + policy.targets[static_cast<std::size_t>(entry.level)];
  entry.position = position.place;
  entry.deadline_at = position.deadline;
  entry.position_reason = worklist::why(position, policy, starts_recorded, now);
}

}  // namespace

worklist::PolicySettings reading_policy(const config::WorklistSettings& settings, bool starts_recorded) {
  worklist::PolicySettings out;
  const auto& targets = starts_recorded ? settings.targets : settings.targets_without_starts;
  std::copy(targets.begin(), targets.end(), out.targets.begin());
  out.reserve = settings.reserve;
  return out;
}

std::vector<WorklistEntry> reading_list(std::vector<WorklistEntry> entries, const worklist::PolicySettings& policy,
                                        std::optional<int> stat_starts, WallTime now) {
  std::vector<worklist::WaitingStudy> waiting;
  std::vector<WorklistEntry> read;
  std::map<std::int64_t, WorklistEntry*> by_id;
  for (auto& entry : entries) {
    if (entry.reading_started_at) {
      read.push_back(std::move(entry));
      continue;
    }
    waiting.push_back({entry.id, entry.level, entry.arrived_at, entry.study_uid});
    by_id[entry.id] = &entry;
  }
  std::vector<WorklistEntry> list;
  list.reserve(entries.size());
  for (const auto& place : worklist::reading_order(waiting, policy, stat_starts)) {
    list.push_back(std::move(*by_id.at(place.id)));
    worklist::Position position;
    position.place = static_cast<int>(list.size());
    position.waiting = static_cast<int>(waiting.size());
    position.turn = place.turn;
    explain(list.back(), position, policy, stat_starts.has_value(), now);
  }
  std::sort(read.begin(), read.end(),
            [](const auto& a, const auto& b) { return a.reading_started_at > b.reading_started_at; });
  std::move(read.begin(), read.end(), std::back_inserter(list));
  return list;
}

}  // namespace inferad::flow
