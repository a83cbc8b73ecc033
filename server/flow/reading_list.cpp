// SPDX-License-Identifier: Apache-2.0
#include "server/flow/reading_list.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "server/worklist/position.h"

namespace inferad::flow {

worklist::PolicySettings reading_policy(const config::WorklistSettings& settings, bool starts_recorded) {
  worklist::PolicySettings out;
  const auto& targets = starts_recorded ? settings.targets : settings.targets_without_starts;
  std::copy(targets.begin(), targets.end(), out.targets.begin());
  out.reserve = settings.reserve;
  return out;
}

OrderedList reading_list(const StudiesOnList& studies, const worklist::PolicySettings& policy,
                         std::optional<int> stat_starts) {
  std::vector<worklist::WaitingStudy> waiting;
  StudiesOnList read;
  std::unordered_map<std::int64_t, const std::shared_ptr<const WorklistEntry>*> by_id;
  for (const auto& entry : studies) {
    if (entry->reading_started_at) {
      read.push_back(entry);
      continue;
    }
    waiting.push_back({entry->id, entry->level, entry->arrived_at, entry->study_uid});
    by_id[entry->id] = &entry;
  }
  OrderedList out;
  out.policy = policy;
  out.list.waiting = waiting.size();
  out.list.targets = policy.targets;
  out.list.starts_recorded = stat_starts.has_value();
  out.list.entries.reserve(studies.size());
  for (const auto& place : worklist::reading_order(waiting, policy, stat_starts)) {
    out.list.entries.push_back(*by_id.at(place.id));
    out.turns.push_back(place.turn);
  }
  std::sort(read.begin(), read.end(), [](const auto& a, const auto& b) {
    return std::tie(a->reading_started_at, a->id) > std::tie(b->reading_started_at, b->id);
  });
  out.list.entries.insert(out.list.entries.end(), read.begin(), read.end());
  return out;
}

ReadingPlace place_of(std::int64_t id, const OrderedList& ordered, WallTime now) {
  const auto begin = ordered.list.entries.begin(), end = begin + static_cast<std::ptrdiff_t>(ordered.list.waiting);
  const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry->id == id; });
  if (found == end) return {};
  const WorklistEntry& entry = **found;
  const auto index = static_cast<std::size_t>(found - begin);
  worklist::Position position;
  position.place = static_cast<int>(index) + 1;
  position.waiting = static_cast<int>(ordered.list.waiting);
  position.order_level = entry.order_level;
  position.level = entry.level;
  position.raised_because = entry.ai_reason;
  position.arrival = entry.arrived_at;
  position.deadline = entry.arrived_at + ordered.policy.targets[static_cast<std::size_t>(entry.level)];
  position.turn = ordered.turns[index];
  return {position.place, position.deadline,
          worklist::why(position, ordered.policy, ordered.list.starts_recorded, now)};
}

}  // namespace inferad::flow
