// SPDX-License-Identifier: Apache-2.0
// Small lists whose schedule is worked out by hand. Minutes.
#include "server/simulation/room.h"

#include <catch2/catch.hpp>

namespace inferad::simulation {

namespace {

Study study(Time arrival, Level order, Time reading = 10) {
  Study out;
  out.arrival = arrival * kMinute;
  out.reading = reading * kMinute;
  out.order = order;
  return out;
}

Study with_result(Study out, Level ai, Time at) {
  out.ai = ai;
  out.ai_at = at * kMinute;
  return out;
}

ReadersByHour always(int readers) {
  ReadersByHour out;
  out.fill(readers);
  return out;
}

Rule rule(Rule::Kind kind) {
  Rule out;
  out.kind = kind;
  return out;
}

Rule shipped(Time delta, int reserve) {
  Rule out;
  out.policy = {worklist::PolicySettings::targets_of(Millis(delta * kMinute)), reserve};
  return out;
}

std::vector<Time> minutes(std::vector<Time> starts) {
  for (auto& start : starts) start = start == kNever ? -1 : start / kMinute;
  return starts;
}

std::vector<Time> read(const std::vector<Study>& studies, const Rule& by, const ReadersByHour& readers,
                       Time end = 100'000) {
  return minutes(read_all(studies, readers, by, end * kMinute));
}

const auto S = Level::stat, H = Level::high, R = Level::routine, L = Level::low;

}  // namespace

TEST_CASE("the shipped rule reads deadlines, reserve and exception as worked out by hand") {
  // Delta 40, k = 3. One radiologist is busy until 50; then two LOW studies are overdue (keys 41, 42) while STAT waits.
  const std::vector<Study> studies = {study(0, L, 50), study(1, L),  study(2, L),  study(43, S),
                                      study(44, S),    study(45, S), study(46, S), study(47, S)};
  // n = 3 at the start: the first LOW is the exception, then n = 0: two STAT, the second LOW, the rest by deadline.
  CHECK(read(studies, shipped(40, 3), always(1)) == std::vector<Time>{0, 50, 80, 60, 70, 90, 100, 110});
  // Without recorded starts: plain earliest deadline.
  auto plain = shipped(40, 3);
  plain.starts_recorded = false;
  CHECK(read(studies, plain, always(1)) == std::vector<Time>{0, 50, 60, 70, 80, 90, 100, 110});
}

TEST_CASE("a reading once begun is finished, and a study is read by whoever is free first") {
  const std::vector<Study> studies = {study(0, L, 30), study(1, L, 5), study(2, L), study(3, S)};
  CHECK(read(studies, rule(Rule::Kind::strict), always(1)) == std::vector<Time>{0, 40, 45, 30});
  CHECK(read(studies, rule(Rule::Kind::strict), always(2)) == std::vector<Time>{0, 1, 16, 6});
}

TEST_CASE("a radiologist finishes after the shift and begins nothing then") {
  auto readers = always(0);
  readers[0] = readers[2] = 1;
  CHECK(read({study(55, R, 20), study(58, R)}, rule(Rule::Kind::fifo), readers) == std::vector<Time>{55, 120});
}

TEST_CASE("studies unread at the end are said to be") {
  CHECK(read({study(0, R, 20), study(5, R)}, rule(Rule::Kind::fifo), always(1), 15) == std::vector<Time>{0, -1});
}

TEST_CASE("a result raises a study that waits, and none that is read") {
  const std::vector<Study> studies = {study(0, R, 30), study(1, R), study(2, R), study(3, R)};
  auto queued = studies;
  queued[2] = with_result(studies[2], S, 20);
  CHECK(read(queued, shipped(4000, 8), always(1)) == std::vector<Time>{0, 40, 30, 50});
  auto between = studies;
  between[3] = with_result(studies[3], S, 35);
  CHECK(read(between, shipped(4000, 8), always(1)) == std::vector<Time>{0, 30, 50, 40});
  auto late = studies;
  late[1] = with_result(studies[1], S, 31);
  CHECK(read(late, shipped(4000, 8), always(1)) == std::vector<Time>{0, 30, 40, 50});
  auto without = queued;
  auto no_ai = shipped(4000, 8);
  no_ai.ai = false;
  CHECK(read(without, no_ai, always(1)) == std::vector<Time>{0, 30, 40, 50});
}

TEST_CASE("a result never lowers the order's level") {
  const std::vector<Study> studies = {study(0, R, 30), study(1, R), with_result(study(2, S), L, 2)};
  CHECK(read(studies, shipped(4000, 8), always(1)) == std::vector<Time>{0, 40, 30});
}

TEST_CASE("the published cap: after the time is up, the highest urgency") {
  auto cap = rule(Rule::Kind::cap);
  cap.cap = 45 * kMinute;
  const std::vector<Study> studies = {study(0, L, 40), study(1, L), study(30, S), study(31, S), study(32, S)};
  // At 40 the LOW study waited 39: STAT. At 50 it waited 49: it is the oldest of the most urgent.
  CHECK(read(studies, cap, always(1)) == std::vector<Time>{0, 50, 40, 60, 70});
}

TEST_CASE("accumulating priority: rate times wait") {
  auto rates = rule(Rule::Kind::accumulating);
  rates.rates = {4, 4, 1, 1};
  const std::vector<Study> studies = {study(0, L, 40), study(1, L), study(31, H), study(29, S)};
  // At 40: 1 x 39, 4 x 9, 4 x 11.
  const std::vector<Study> sorted = {studies[0], studies[1], studies[3], studies[2]};
  CHECK(read(sorted, rates, always(1)) == std::vector<Time>{0, 60, 40, 50});
}

}  // namespace inferad::simulation
