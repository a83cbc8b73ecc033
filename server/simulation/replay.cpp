// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "server/base/result.h"

namespace inferad::simulation {
namespace {

struct Log {
  std::vector<std::size_t> readings;  // by arrival: which one
  std::vector<Study> studies;         // by arrival
  std::vector<Time> starts;           // of each study, as it was
  std::vector<Time> slots;            // the same, sorted
};

Log log_of(const std::vector<ReadingRecord>& readings) {
  Log log;
  log.readings.resize(readings.size());
  std::iota(log.readings.begin(), log.readings.end(), std::size_t{0});
  std::stable_sort(log.readings.begin(), log.readings.end(),
                   [&](auto a, auto b) { return readings[a].arrived_at < readings[b].arrived_at; });
  const WallTime begin = readings[log.readings.front()].arrived_at;
  for (const auto index : log.readings) {
    const auto& reading = readings[index];
    auto& study = log.studies.emplace_back();
    study.arrival = (reading.arrived_at - begin).count();
    study.order = reading.order_level;
    study.ai = reading.level;
    if (reading.raised_at) study.ai_at = (*reading.raised_at - begin).count();
    log.starts.push_back((reading.started_at - begin).count());
  }
  log.slots = log.starts;
  std::sort(log.slots.begin(), log.slots.end());
  return log;
}

Replayed waits_of(const std::string& rule, const Log& log, const std::vector<Time>& starts) {
  Replayed out;
  out.rule = rule;
  for (std::size_t i = 0; i < log.studies.size(); ++i) {
    if (starts[i] == kNever) continue;
    const Time wait = std::max<Time>(0, starts[i] - log.studies[i].arrival);
    out.all.add(wait);
    out.by_level[static_cast<std::size_t>(log.studies[i].raised())].add(wait);
  }
  return out;
}

Rule first_in_first_out() {
  Rule rule;
  rule.kind = Rule::Kind::fifo;
  return rule;
}

}  // namespace

std::vector<PairedWait> against_fifo(const std::vector<ReadingRecord>& readings) {
  std::vector<PairedWait> out(readings.size());
  if (readings.empty()) return out;
  const Log log = log_of(readings);
  const auto starts = read_at(log.studies, log.slots, first_in_first_out());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const Time arrival = log.studies[i].arrival;
    const Time fifo = starts[i] == kNever ? kNever : starts[i] - arrival;
    out[log.readings[i]] = {std::max<Time>(0, log.starts[i] - arrival), fifo};
  }
  return out;
}

Replay replay(const std::vector<ReadingRecord>& readings, const worklist::PolicySettings& policy) {
  INFERAD_CHECK(readings.size() >= kReplayReadingsMin);
  const Log log = log_of(readings);
  const auto read = [&](const std::string& name, const Rule& rule) {
    return waits_of(name, log, read_at(log.studies, log.slots, rule));
  };
  Replay out;
  out.rules = {waits_of("as it was", log, log.starts), read("fifo", first_in_first_out())};
  out.fifo_p95_minutes = out.rules[1].all.quantile(0.95) / kMinute;
  out.fifo_p99_minutes = out.rules[1].all.quantile(0.99) / kMinute;
  out.delta_minutes = std::ceil(std::max(out.fifo_p95_minutes, kDeltaMinutesLeast));
  Rule shipped;
  shipped.policy = policy;
  out.rules.push_back(read("as set", shipped));
  shipped.policy.targets =
      worklist::PolicySettings::targets_of(Millis(std::llround(out.delta_minutes * static_cast<double>(kMinute))));
  out.rules.push_back(read("proposed", shipped));
  return out;
}

std::string to_text(const Replay& replay) {
  std::string text = fmt::format("{:<8}  {:<10}  {:>7}  {:>8}  {:>8}  {:>8}  {:>8}\n", "level", "waits, min", "n",
                                 "mean", "p95", "p99", "max");
  const auto add = [&](std::string_view level, const std::string& rule, const Histogram& waits) {
    text += fmt::format("{:<8}  {:<10}  {:>7}  {:>8.1f}  {:>8.1f}  {:>8.1f}  {:>8.1f}\n", level, rule, waits.count(),
                        waits.mean() / kMinute, waits.quantile(0.95) / kMinute, waits.quantile(0.99) / kMinute,
                        static_cast<double>(waits.max()) / kMinute);
  };
  for (const auto& rule : replay.rules) add("all", rule.rule, rule.all);
  for (std::size_t level = 0; level < 4; ++level) {
    for (const auto& rule : replay.rules) {
      const auto& waits = rule.by_level.at(level);
      if (waits.count() > 0) add(to_string(static_cast<Level>(level)), rule.rule, waits);
    }
  }
  return text +
         fmt::format(
             "First come, first served: p95 {:.0f} min, p99 {:.0f} min.\n"
             "Proposed: \"worklist\": {{ \"delta_minutes\": {:.0f}, \"delta_minutes_without_starts\": {:.0f} }}\n",
             replay.fifo_p95_minutes, replay.fifo_p99_minutes, replay.delta_minutes,
             std::max(std::ceil(replay.fifo_p99_minutes), replay.delta_minutes));
}

}  // namespace inferad::simulation
