// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/policy.h"

#include <algorithm>
#include <tuple>

#include "server/base/result.h"

namespace inferad::worklist {
namespace {

constexpr std::size_t kStat = static_cast<std::size_t>(Level::stat);

// Waiting studies, each level in the order in which it is read.
using Queues = std::array<std::vector<const WaitingStudy*>, 4>;

Queues queues_of(std::span<const WaitingStudy> studies) {
  Queues queues;
  for (const auto& study : studies) queues.at(static_cast<std::size_t>(study.level)).push_back(&study);
  for (auto& queue : queues) {
    std::sort(queue.begin(), queue.end(), [](const auto* a, const auto* b) {
      return std::tie(a->arrival, a->study_uid, a->id) < std::tie(b->arrival, b->study_uid, b->id);
    });
  }
  return queues;
}

}  // namespace

Policy::Choice Policy::next(const Heads& heads) const {
  std::size_t candidate = heads.size();
  auto least = std::tuple<WallTime, WallTime, std::uint64_t>();
  for (std::size_t level = 0; level < heads.size(); ++level) {
    if (!heads[level]) continue;
    const std::tuple key(heads[level]->arrival + settings_.targets[level], heads[level]->arrival, heads[level]->tie);
    if (candidate < heads.size() && key >= least) continue;
    candidate = level;
    least = key;
  }
  INFERAD_CHECK(candidate < heads.size());
  if (!n_ || candidate == kStat || !heads[kStat]) return {static_cast<Level>(candidate), Turn::deadline};
  if (*n_ >= settings_.reserve - 1) return {static_cast<Level>(candidate), Turn::exception};
  return {Level::stat, Turn::reserve};
}

void Policy::started(Level level, bool stat_waits) {
  if (!n_) return;
  if (level == Level::stat)
    ++*n_;
  else if (stat_waits)
    n_ = 0;
}

WallTime deadline(const WaitingStudy& study, const PolicySettings& settings) {
  return study.arrival + settings.targets[static_cast<std::size_t>(study.level)];
}

std::vector<Place> reading_order(std::span<const WaitingStudy> studies, const PolicySettings& settings,
                                 std::optional<int> stat_starts) {
  const Queues queues = queues_of(studies);
  std::vector<const WaitingStudy*> by_uid;
  for (const auto& study : studies) by_uid.push_back(&study);
  std::sort(by_uid.begin(), by_uid.end(),
            [](const auto* a, const auto* b) { return std::tie(a->study_uid, a->id) < std::tie(b->study_uid, b->id); });
  std::vector<std::uint64_t> tie(studies.size());
  for (std::size_t rank = 0; rank < by_uid.size(); ++rank)
    tie[static_cast<std::size_t>(by_uid[rank] - studies.data())] = rank;

  Policy policy(settings, stat_starts);
  std::array<std::size_t, 4> at{};
  const auto head = [&](std::size_t level) -> std::optional<Waiting> {
    if (at.at(level) == queues.at(level).size()) return std::nullopt;
    const WaitingStudy* const study = queues.at(level)[at.at(level)];
    return Waiting{study->arrival, tie[static_cast<std::size_t>(study - studies.data())]};
  };
  Heads heads{head(0), head(1), head(2), head(3)};
  std::vector<Place> order;
  order.reserve(studies.size());
  while (order.size() < studies.size()) {
    const auto choice = policy.next(heads);
    const auto level = static_cast<std::size_t>(choice.level);
    order.push_back({queues.at(level)[at.at(level)++]->id, choice.turn});
    heads.at(level) = head(level);
    policy.started(choice.level, heads[kStat].has_value());
  }
  return order;
}

}  // namespace inferad::worklist
