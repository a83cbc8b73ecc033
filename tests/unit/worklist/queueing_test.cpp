// SPDX-License-Identifier: Apache-2.0
// The shipped policy in a small reading room against queueing theory. Seeds are fixed, so a failure means a change.
#include <catch2/catch.hpp>

#include "tests/unit/worklist/reading_room.h"

namespace inferad::worklist {

namespace {

using std::chrono::minutes;

PolicySettings with_longest(int delta, int reserve) {
  return {{minutes(0), minutes(delta / 4), minutes(delta / 2), minutes(delta)}, reserve};
}

const auto everybody = [](const RoomStudy&) { return true; };
auto of(Level level) {
  return [level](const RoomStudy& study) { return study.level == level; };
}

}  // namespace

TEST_CASE("with deadlines far apart the waits are those of strict priority (Cobham)") {
  const Workload room{{0.2, 0.3, 0.5, 0}, 6, 0.7, 1};
  auto studies = arrivals(room, 300'000, 1);
  read_all(studies, with_longest(4'000'000, 1'000'000), 1, false);
  // One exponential mean m: W0 = rho m; W_k = W0 / ((1 - s_{k-1}) (1 - s_k)).
  double above = 0;
  for (const Level level : {Level::stat, Level::high, Level::routine}) {
    const double sum = above + room.load * room.shares.at(static_cast<std::size_t>(level));
    const double expected = room.load * room.mean_reading / ((1 - above) * (1 - sum));
    INFO(to_string(level));
    CHECK(waits_of(studies, of(level)).mean == Approx(expected).epsilon(0.04));
    above = sum;
  }
}

TEST_CASE("first come, first served has the wait of M/M/c (Erlang C)") {
  const Workload room{{0.1, 0.2, 0.3, 0.4}, 6, 0.8, 3};
  auto studies = arrivals(room, 200'000, 2);
  read_all(studies, {}, 3, true);
  const double a = 2.4;
  const double last = a * a * a / 6 / (1 - room.load);
  const double erlang_c = last / (1 + a + a * a / 2 + last);
  CHECK(waits_of(studies, everybody).mean == Approx(erlang_c * 6 / (3 - a)).epsilon(0.04));
}

TEST_CASE("re-ordering creates no reading time: the mean over all studies stays (conservation law)") {
  const Workload room{{0.08, 0.17, 0.3, 0.45}, 6, 0.85, 3};
  auto ordered = arrivals(room, 100'000, 3);
  auto without = ordered;
  read_all(ordered, {}, 3, false);
  read_all(without, {}, 3, true);
  CHECK(waits_of(ordered, everybody).mean == Approx(waits_of(without, everybody).mean).epsilon(0.01));
}

TEST_CASE("urgent studies wait little more than under strict priority, and nobody waits much longer than without AI") {
  // Four levels, three radiologists; the longest target is what 95 % wait less than when it is first come, first
  // served.
  const Workload room{{0.08, 0.17, 0.3, 0.45}, 12, 0.85, 3};
  constexpr int kFifo95 = 69;
  std::vector<RoomStudy> shipped, strict, fifo;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto read = [&](std::vector<RoomStudy>& all, const PolicySettings& settings, bool as_ordered) {
      auto studies = arrivals(room, 50'000, seed);
      read_all(studies, settings, room.radiologists, as_ordered);
      all.insert(all.end(), studies.begin(), studies.end());
    };
    read(fifo, {}, true);
    read(shipped, with_longest(kFifo95, 8), false);
    read(strict, with_longest(4'000'000, 1'000'000), false);
  }
  const auto stat = of(Level::stat);
  REQUIRE(waits_of(fifo, everybody).p95 == Approx(kFifo95).margin(1));
  CHECK(waits_of(shipped, stat).mean <= 1.10 * waits_of(strict, stat).mean);
  CHECK(waits_of(shipped, stat).mean <= 0.5 * waits_of(fifo, stat).mean);
  CHECK(waits_of(shipped, everybody).p999 <= 1.20 * waits_of(fifo, everybody).p999);
  CHECK(waits_of(shipped, everybody).max <= 1.30 * waits_of(fifo, everybody).max);
  CHECK(waits_of(strict, everybody).p999 > 1.30 * waits_of(fifo, everybody).p999);  // what the deadlines are for
}

}  // namespace inferad::worklist
