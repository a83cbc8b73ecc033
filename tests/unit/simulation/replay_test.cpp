// SPDX-License-Identifier: Apache-2.0
// Recorded days whose waits are known: a study a minute, and a radiologist free every minute, so long after.
#include "server/simulation/replay.h"

#include <catch2/catch.hpp>

namespace inferad::simulation {

namespace {

constexpr int kStudies = 400;
const WallTime kStart = from_unix_ms(1'790'000'000'000);

using std::chrono::minutes;

// Read last come, first served; every tenth is STAT by the AI, a minute after it came.
std::vector<ReadingRecord> days(int delay) {
  std::vector<ReadingRecord> out;
  for (int i = 0; i < kStudies; ++i) {
    ReadingRecord record;
    record.arrived_at = kStart + minutes(i);
    record.started_at = kStart + minutes(kStudies + delay - 1 - i);
    record.order_level = record.level = Level::low;
    if (i % 10 == 0) {
      record.level = Level::stat;
      record.raised_at = record.arrived_at + minutes(1);
    }
    out.push_back(record);
  }
  return out;
}

const Replayed& rule(const Replay& replay, const std::string& name) {
  for (const auto& each : replay.rules) {
    if (each.rule == name) return each;
  }
  FAIL(name);
  return replay.rules.front();
}

}  // namespace

TEST_CASE("a replay gives each recorded moment to the study that the rule names") {
  // Slots from delay on, one a minute; first come, first served everybody waits the same.
  const auto it = replay(days(kStudies), {});
  CHECK(rule(it, "fifo").all.quantile(0.01) == Approx(400 * kMinute).epsilon(0.002));
  CHECK(rule(it, "fifo").all.max() == 400 * kMinute);
  CHECK(it.fifo_p95_minutes == Approx(400).epsilon(0.002));
  CHECK(it.delta_minutes == Approx(400).margin(1));
  const auto& stat = rule(it, "as set").by_level[0];
  CHECK(stat.count() == kStudies / 10);
  CHECK(stat.mean() < 0.8 * rule(it, "fifo").by_level[0].mean());
  // The same moments are used, so the mean of all stays.
  for (const auto& each : it.rules) CHECK(each.all.mean() == Approx(400 * kMinute));
  CHECK(rule(it, "as it was").all.max() == (2 * kStudies - 1) * kMinute);
  CHECK(to_text(it).find("\"delta_minutes\": 40") != std::string::npos);
}

TEST_CASE("Delta is at least an hour") {
  std::vector<ReadingRecord> quick;
  for (int i = 0; i < kStudies; ++i)
    quick.push_back({kStart + minutes(i), kStart + minutes(i + 5), Level::routine, Level::routine, {}});
  const auto it = replay(quick, {});
  CHECK(it.fifo_p95_minutes == Approx(5).epsilon(0.002));
  CHECK(it.delta_minutes == 60);
}

TEST_CASE("against first come, first served each reading keeps its place, and what some gain others lose") {
  // Arrivals at 0, 1, 2 min; read at 10, 11, 12 in the order 2, 0, 1. Given in another order than they came.
  const auto at = [](int minute) { return kStart + minutes(minute); };
  std::vector<ReadingRecord> readings(3);
  readings[0].arrived_at = at(2), readings[0].started_at = at(10);
  readings[1].arrived_at = at(0), readings[1].started_at = at(11);
  readings[2].arrived_at = at(1), readings[2].started_at = at(12);
  const auto waits = against_fifo(readings);
  REQUIRE(waits.size() == 3);
  CHECK(waits[0].as_it_was == 8 * kMinute);
  CHECK(waits[0].fifo == 10 * kMinute);
  CHECK(waits[1].as_it_was == 11 * kMinute);
  CHECK(waits[1].fifo == 10 * kMinute);
  CHECK(waits[2].as_it_was == 11 * kMinute);
  CHECK(waits[2].fifo == 10 * kMinute);
  CHECK(against_fifo({}).empty());
  // The clock was set back: the first moment is before anybody came, and the last study has none left.
  readings[1].started_at = at(-1);
  CHECK(against_fifo(readings)[0].fifo == kNever);
  CHECK(against_fifo(readings)[1].as_it_was == 0);
}

}  // namespace inferad::simulation
