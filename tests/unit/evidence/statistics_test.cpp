// SPDX-License-Identifier: Apache-2.0
// Intervals against published and tabulated values.
#include "server/evidence/statistics.h"

#include <catch2/catch.hpp>

namespace inferad::evidence {

TEST_CASE("the interval of a proportion is Wilson's") {
  // Newcombe, Stat Med 1998;17:857, table I, method 3.
  struct Row {
    int k, n;
    double low, high;
  };
  for (const auto& [k, n, low, high] : {Row{81, 263, 0.2553, 0.3662}, Row{15, 148, 0.0624, 0.1605},
                                        Row{0, 20, 0, 0.1611}, Row{1, 29, 0.0061, 0.1718}}) {
    const auto it = proportion(k, n);
    CHECK(it.interval.low == Approx(low).margin(5e-5));
    CHECK(it.interval.high == Approx(high).margin(5e-5));
    CHECK(it.value() == static_cast<double>(k) / n);
    const auto rest = proportion(n - k, n);
    CHECK(rest.interval.low == Approx(1 - it.interval.high).margin(1e-12));
  }
  CHECK(proportion(20, 20).interval.high == 1);
}

TEST_CASE("nothing counted is unknown, not 0") {
  const auto nothing = proportion(0, 0);
  CHECK_FALSE(nothing.value());
  CHECK(nothing.interval.low == 0);
  CHECK(nothing.interval.high == 1);
  const auto waits = wait_evidence({});
  CHECK(waits.n == 0);
  CHECK_FALSE(waits.interval);
}

TEST_CASE("the quantile of Student's t is that of the tables") {
  CHECK(t_quantile_975(4) == Approx(2.776).epsilon(0.003));
  CHECK(t_quantile_975(9) == Approx(2.262).epsilon(0.0005));
  CHECK(t_quantile_975(29) == Approx(2.045).epsilon(0.0003));
  CHECK(t_quantile_975(1000) == Approx(1.962).epsilon(0.0003));
}

TEST_CASE("minutes gained are a mean of pairs, their interval that of its days") {
  // One study a day: the interval of a plain mean. Gains 10, 20, 30, 40, 50: sd 15.811, error 7.0711, t(4) 2.776.
  std::vector<PairedWait> waits;
  for (int day = 0; day < 5; ++day) waits.push_back({30, 40.0 + 10 * day, day});
  auto it = wait_evidence(waits);
  CHECK(it.n == 5);
  CHECK(it.mean == Approx(30));
  CHECK(it.fifo_mean == Approx(60));
  CHECK(it.longest == 30);
  CHECK(it.fifo_longest == 80);
  CHECK(it.gained == Approx(30));
  REQUIRE(it.interval);
  CHECK(it.interval->low == Approx(30 - 2.776 * 7.0711).epsilon(0.01));
  CHECK(it.interval->high == Approx(30 + 2.776 * 7.0711).epsilon(0.01));
  // Each study four times on its day says no more than once: the same interval.
  const auto once = *it.interval;
  for (int copy = 0; copy < 3; ++copy)
    for (int day = 0; day < 5; ++day) waits.push_back(waits[static_cast<std::size_t>(day)]);
  it = wait_evidence(waits);
  CHECK(it.n == 20);
  CHECK(it.interval->low == Approx(once.low));
  CHECK(it.interval->high == Approx(once.high));
}

TEST_CASE("fewer than five days have no interval") {
  std::vector<PairedWait> waits;
  for (int i = 0; i < 100; ++i) waits.push_back({10, 15, i % 4});
  CHECK_FALSE(wait_evidence(waits).interval);
  CHECK(wait_evidence(waits).gained == Approx(5));
}

}  // namespace inferad::evidence
