// SPDX-License-Identifier: Apache-2.0
// A reading room for tests: studies arrive, radiologists read one at a time to its end, and whoever is free takes the
// first study of the shipped policy's order. Same seed, same arrivals and reading times, whatever the policy.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "server/worklist/policy.h"

namespace inferad::worklist {

struct RoomStudy {
  double arrival = 0, reading = 0;  // minutes
  Level level = Level::routine;
  double wait = -1;
};

struct Workload {
  std::array<double, 4> shares{};  // of the levels
  double mean_reading = 6;         // minutes, exponential
  double load = 0.8;               // offered work / radiologists
  int radiologists = 1;
};

inline std::vector<RoomStudy> arrivals(const Workload& workload, std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; };
  const double gap = workload.mean_reading / (workload.load * workload.radiologists);
  std::vector<RoomStudy> studies(count);
  double now = 0;
  for (auto& study : studies) {
    study.arrival = now += -std::log(uniform()) * gap;
    study.reading = -std::log(uniform()) * workload.mean_reading;
    double dice = uniform();
    std::size_t level = 0;
    while (level < 3 && dice >= workload.shares.at(level)) dice -= workload.shares.at(level++);
    study.level = static_cast<Level>(level);
  }
  return studies;
}

// `as_ordered`: everybody ROUTINE, the room without AI.
inline void read_all(std::vector<RoomStudy>& studies, const PolicySettings& settings, int radiologists,
                     bool as_ordered) {
  std::vector<double> free_at(static_cast<std::size_t>(radiologists), 0.0);
  std::vector<WaitingStudy> waiting;
  std::size_t arrived = 0;
  int starts = settings.reserve;
  for (std::size_t read = 0; read < studies.size(); ++read) {
    const auto reader = std::min_element(free_at.begin(), free_at.end());
    if (waiting.empty()) *reader = std::max(*reader, studies[arrived].arrival);
    for (; arrived < studies.size() && studies[arrived].arrival <= *reader; ++arrived) {
      const auto& study = studies[arrived];
      waiting.push_back({static_cast<std::int64_t>(arrived), as_ordered ? Level::routine : study.level,
                         WallTime(Millis(static_cast<std::int64_t>(study.arrival * 60'000))), ""});
    }
    const auto id = reading_order(waiting, settings, starts).front();
    const auto next = std::find_if(waiting.begin(), waiting.end(), [&](const auto& one) { return one.id == id; });
    const bool stat = next->level == Level::stat;
    const bool stat_waits =
        std::any_of(waiting.begin(), waiting.end(), [](const auto& one) { return one.level == Level::stat; });
    starts = stat ? starts + 1 : stat_waits ? 0 : starts;
    waiting.erase(next);
    auto& study = studies[static_cast<std::size_t>(id)];
    study.wait = *reader - study.arrival;
    *reader += study.reading;
  }
}

struct Waits {
  double mean = 0, p95 = 0, p999 = 0, max = 0;
};

template <class Wanted>
Waits waits_of(const std::vector<RoomStudy>& studies, Wanted wanted) {
  std::vector<double> waits;
  for (const auto& study : studies) {
    if (wanted(study)) waits.push_back(study.wait);
  }
  std::sort(waits.begin(), waits.end());
  Waits out;
  for (const double wait : waits) out.mean += wait / static_cast<double>(waits.size());
  out.p95 = waits.at(waits.size() * 95 / 100);
  out.p999 = waits.at(waits.size() * 999 / 1000);
  out.max = waits.back();
  return out;
}

}  // namespace inferad::worklist
