// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/policy.h"

#include <algorithm>
#include <tuple>

namespace inferad::worklist {
namespace {

struct Queues {
  std::vector<const WaitingStudy*> stat, others;  // each by key
};

Queues sorted_queues(std::span<const WaitingStudy> studies, const PolicySettings& settings) {
  Queues queues;
  for (const WaitingStudy& study : studies)
    (study.level == Level::stat ? queues.stat : queues.others).push_back(&study);
  const auto by_key = [&](const WaitingStudy* a, const WaitingStudy* b) {
    return std::forward_as_tuple(deadline(*a, settings), a->arrival, a->study_uid, a->id) <
           std::forward_as_tuple(deadline(*b, settings), b->arrival, b->study_uid, b->id);
  };
  std::sort(queues.stat.begin(), queues.stat.end(), by_key);
  std::sort(queues.others.begin(), queues.others.end(), by_key);
  return queues;
}

// True when the next study is a STAT one; `starts` is updated as if it were read.
bool stat_goes_next(bool stat_has_earliest_key, const PolicySettings& settings, std::optional<int>& starts) {
  if (!starts) return stat_has_earliest_key;
  if (stat_has_earliest_key || *starts < settings.reserve - 1) {
    ++*starts;
    return true;
  }
  starts = 0;
  return false;
}

}  // namespace

WallTime deadline(const WaitingStudy& study, const PolicySettings& settings) {
  return study.arrival + settings.targets[static_cast<std::size_t>(study.level)];
}

std::vector<std::int64_t> reading_order(std::span<const WaitingStudy> studies, const PolicySettings& settings,
                                        std::optional<int> stat_starts) {
  const auto [stat, others] = sorted_queues(studies, settings);
  std::vector<std::int64_t> order;
  order.reserve(studies.size());
  auto s = stat.begin();
  auto o = others.begin();
  while (s != stat.end() && o != others.end()) {
    const bool stat_first = std::forward_as_tuple(deadline(**s, settings), (*s)->arrival, (*s)->study_uid) <=
                            std::forward_as_tuple(deadline(**o, settings), (*o)->arrival, (*o)->study_uid);
    order.push_back(stat_goes_next(stat_first, settings, stat_starts) ? (*s++)->id : (*o++)->id);
  }
  for (; s != stat.end(); ++s) order.push_back((*s)->id);
  for (; o != others.end(); ++o) order.push_back((*o)->id);
  return order;
}

}  // namespace inferad::worklist
