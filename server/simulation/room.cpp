// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/room.h"

#include <algorithm>
#include <queue>

#include "server/base/result.h"

namespace inferad::simulation {
namespace {

using Index = std::uint32_t;  // of a study; those of earlier arrival are smaller
using worklist::Heads;
using worklist::Waiting;

WallTime wall(Time time) { return WallTime(Millis(time)); }

// ---- rules ----------------------------------------------------------------------------------------------------------
// next: the level whose oldest study is read now; started: a reading began, `stat_waits` with another STAT left behind.

struct Shipped {
  worklist::Policy policy;
  std::size_t next(const Heads& heads, Time) const { return static_cast<std::size_t>(policy.next(heads).level); }
  void started(std::size_t level, bool stat_waits) { policy.started(static_cast<Level>(level), stat_waits); }
};

std::size_t oldest(const Heads& heads) {
  std::size_t best = heads.size();
  for (std::size_t level = 0; level < heads.size(); ++level) {
    if (!heads[level]) continue;
    if (best == heads.size() || heads[level]->tie < heads[best]->tie) best = level;
  }
  return best;
}

std::size_t most_urgent(const Heads& heads) {
  std::size_t level = 0;
  while (!heads[level]) ++level;
  return level;
}

struct Fifo {
  std::size_t next(const Heads& heads, Time) const { return oldest(heads); }
  void started(std::size_t, bool) {}
};

struct Strict {
  std::size_t next(const Heads& heads, Time) const { return most_urgent(heads); }
  void started(std::size_t, bool) {}
};

struct Cap {
  Time cap;
  std::size_t next(const Heads& heads, Time now) const {
    const std::size_t first = oldest(heads);
    return wall(now) - heads[first]->arrival >= Millis(cap) ? first : most_urgent(heads);
  }
  void started(std::size_t, bool) {}
};

struct Accumulating {
  std::array<double, 4> rates;
  std::size_t next(const Heads& heads, Time now) const {
    std::size_t best = heads.size();
    double most = 0;
    for (std::size_t level = 0; level < heads.size(); ++level) {
      if (!heads[level]) continue;
      const double priority = rates[level] * static_cast<double>((wall(now) - heads[level]->arrival).count());
      if (best < heads.size() && priority <= most) continue;
      best = level;
      most = priority;
    }
    return best;
  }
  void started(std::size_t, bool) {}
};

// ---- the list -------------------------------------------------------------------------------------------------------

// What waits, oldest first in each level. A raised study stays behind in its old heap until it comes up there.
class List {
 public:
  explicit List(std::span<const Study> studies) : studies_(studies), level_(studies.size(), kNone) {}

  bool empty() const { return size_ == 0; }
  bool waits(Index study) const { return level_[study] != kNone; }
  void add(Index study, Level level) {
    ++size_;
    put(study, static_cast<std::uint8_t>(level));
  }
  void raise(Index study, Level level) { put(study, static_cast<std::uint8_t>(level)); }
  Heads heads() {
    Heads out;
    for (std::size_t level = 0; level < out.size(); ++level) {
      auto& heap = heaps_[level];
      while (!heap.empty() && level_[heap.top()] != level) heap.pop();
      if (!heap.empty()) out[level] = Waiting{wall(studies_[heap.top()].arrival), heap.top()};
    }
    return out;
  }
  Index take(std::size_t level) {  // the head of heads()
    const Index study = heaps_[level].top();
    heaps_[level].pop();
    level_[study] = kNone;
    --size_;
    return study;
  }
  bool any(std::size_t level) {
    auto& heap = heaps_[level];
    while (!heap.empty() && level_[heap.top()] != level) heap.pop();
    return !heap.empty();
  }

 private:
  static constexpr std::uint8_t kNone = 255;
  void put(Index study, std::uint8_t level) {
    level_[study] = level;
    heaps_[level].push(study);
  }
  using Heap = std::priority_queue<Index, std::vector<Index>, std::greater<>>;
  std::span<const Study> studies_;
  std::vector<std::uint8_t> level_;  // of each waiting study
  std::array<Heap, 4> heaps_;
  std::size_t size_ = 0;
};

template <class Key>
using Events = std::priority_queue<Key, std::vector<Key>, std::greater<>>;

template <class Chooser>
class Room {
 public:
  Room(std::span<const Study> studies, const ReadersByHour& readers, Chooser chooser, bool ai)
      : studies_(studies), readers_(readers), chooser_(std::move(chooser)), ai_(ai), list_(studies) {
    starts_.assign(studies.size(), kNever);
    shifts_ = std::any_of(readers.begin(), readers.end(), [&](int count) { return count != readers[0]; });
  }

  std::vector<Time> run(Time end) {
    for (Time now = next_event(0); now <= end && now != kNever; now = next_event(now)) {
      while (!finishing_.empty() && finishing_.top() <= now) finishing_.pop();
      take_in(now);
      while (!list_.empty() && finishing_.size() < readers_at(now)) start(now);
    }
    return std::move(starts_);
  }

  std::vector<Time> run_at(std::span<const Time> slots) {
    for (const Time now : slots) {
      take_in(now);
      if (!list_.empty()) start(now);
    }
    return std::move(starts_);
  }

 private:
  std::size_t readers_at(Time now) const {
    return static_cast<std::size_t>(readers_[static_cast<std::size_t>(now / kHour % 24)]);
  }

  Time next_event(Time now) const {
    Time next = arrived_ < studies_.size() ? studies_[arrived_].arrival : kNever;
    if (!finishing_.empty()) next = std::min(next, finishing_.top());
    if (!results_.empty()) next = std::min(next, results_.top().first);
    if (shifts_ && !list_.empty()) next = std::min(next, (now / kHour + 1) * kHour);  // somebody's shift may begin
    return next;
  }

  void take_in(Time now) {
    while (arrived_ < studies_.size() && studies_[arrived_].arrival <= now) arrive(static_cast<Index>(arrived_++));
    for (; !results_.empty() && results_.top().first <= now; results_.pop()) result(results_.top().second);
  }

  void arrive(Index study) {
    const Study& it = studies_[study];
    const bool raises = ai_ && it.raised() != it.order;
    const bool at_once = raises && it.ai_at <= it.arrival;
    list_.add(study, at_once ? it.raised() : it.order);
    if (raises && !at_once) results_.emplace(it.ai_at, study);
  }

  void result(Index study) {
    if (list_.waits(study)) list_.raise(study, studies_[study].raised());
  }

  void start(Time now) {
    const std::size_t level = chooser_.next(list_.heads(), now);
    const Index study = list_.take(level);
    chooser_.started(level, list_.any(static_cast<std::size_t>(Level::stat)));
    starts_[study] = now;
    finishing_.push(now + studies_[study].reading);
  }

  std::span<const Study> studies_;
  const ReadersByHour& readers_;
  Chooser chooser_;
  const bool ai_;
  bool shifts_ = false;
  List list_;
  std::size_t arrived_ = 0;
  Events<Time> finishing_;
  Events<std::pair<Time, Index>> results_;
  std::vector<Time> starts_;
};

// `use` gets a room in which the rule chooses.
template <class Use>
std::vector<Time> with_room(std::span<const Study> studies, const ReadersByHour& readers, const Rule& rule, Use use) {
  INFERAD_CHECK(studies.size() < UINT32_MAX);
  const auto run = [&](auto chooser) { return use(Room(studies, readers, std::move(chooser), rule.ai)); };
  switch (rule.kind) {
    case Rule::Kind::shipped: {
      const auto starts = rule.starts_recorded ? std::optional(rule.policy.reserve) : std::nullopt;
      return run(Shipped{worklist::Policy(rule.policy, starts)});
    }
    case Rule::Kind::fifo:
      return run(Fifo{});
    case Rule::Kind::strict:
      return run(Strict{});
    case Rule::Kind::cap:
      return run(Cap{rule.cap});
    case Rule::Kind::accumulating:
      return run(Accumulating{rule.rates});
  }
  return {};
}

}  // namespace

std::vector<Time> read_all(std::span<const Study> studies, const ReadersByHour& readers, const Rule& rule, Time end) {
  return with_room(studies, readers, rule, [&](auto room) { return room.run(end); });
}

std::vector<Time> read_at(std::span<const Study> studies, std::span<const Time> slots, const Rule& rule) {
  const ReadersByHour nobody{};
  return with_room(studies, nobody, rule, [&](auto room) { return room.run_at(slots); });
}

}  // namespace inferad::simulation
