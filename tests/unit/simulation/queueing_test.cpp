// SPDX-License-Identifier: Apache-2.0
// The room against queueing theory, whose closed forms stand here. Seeds are fixed, so a failure means a change.
#include <catch2/catch.hpp>
#include <cmath>

#include "server/simulation/experiment.h"

namespace inferad::simulation {

namespace {

// Poisson arrivals all day, exponential reading times, levels by order.
Scenario stationary(int readers, double load, std::array<OrderClass, 4> orders, int studies) {
  Scenario out;
  out.arrivals_by_hour.fill(1);
  out.daily_sigma = 0;
  out.readers_by_hour.fill(readers);
  out.load = load;
  out.reading = {Law::Kind::exponential, 10, 1};
  out.orders = orders;
  out.findings.clear();
  out.studies = studies;
  return out;
}

Rule rule(Rule::Kind kind) {
  Rule out;
  out.kind = kind;
  return out;
}

void check_near(const Waits& waits, double expected) {
  INFO(waits.mean() << " for " << expected);
  CHECK(std::abs(waits.mean() - expected) <= std::max(0.02 * expected, 3 * standard_error(waits.means)));
}

double erlang_c(int c, double a) {
  double term = 1, sum = 0;
  for (int i = 0; i < c; ++i) {
    sum += term;
    term *= a / (i + 1);
  }
  const double last = term * c / (c - a);
  return last / (sum + last);
}

}  // namespace

TEST_CASE("strict priority has Cobham's waits, with a reading time for each level") {
  const std::array<OrderClass, 4> orders{OrderClass{0.2, 5}, OrderClass{0.3, 10}, OrderClass{}, OrderClass{0.5, 8}};
  const auto scenario = stationary(1, 0.8, orders, 200'000);
  // The shipped policy with targets without end and no exception is strict priority, too.
  Rule apart;
  apart.policy = {worklist::PolicySettings::targets_of(std::chrono::hours(1'000'000)), 1'000'000'000};
  apart.starts_recorded = false;
  const auto outcome = run(scenario, {rule(Rule::Kind::strict), apart});
  const double arrivals = 0.8 / (0.2 * 5 + 0.3 * 10 + 0.5 * 8);
  const double w0 = arrivals * (0.2 * 5 * 5 + 0.3 * 10 * 10 + 0.5 * 8 * 8);  // E[S^2] / 2 = m^2
  double above = 0;
  for (const auto& [name, share, mean] : {std::tuple("STAT", 0.2, 5.0), {"HIGH", 0.3, 10.0}, {"LOW", 0.5, 8.0}}) {
    const double sum = above + arrivals * share * mean;
    INFO(name);
    for (const std::size_t by : {0U, 1U})
      check_near(outcome.waits[by][outcome.group(name)], w0 / ((1 - above) * (1 - sum)));
    above = sum;
  }
}

TEST_CASE("first come, first served has the waits of M/M/3, quantiles too (Erlang C)") {
  const auto scenario =
      stationary(3, 0.8, {OrderClass{0.1, {}}, OrderClass{0.2, {}}, OrderClass{0.3, {}}, OrderClass{0.4, {}}}, 200'000);
  const auto outcome = run(scenario, {rule(Rule::Kind::fifo)});
  const double a = 2.4, waits = erlang_c(3, a);
  const auto& all = outcome.waits[0][0];
  check_near(all, waits * 10 / (3 - a));
  CHECK(interval(all.waited).mean == Approx(waits).epsilon(0.02));
  for (std::size_t i = 0; i < 3; ++i) {  // P(W > t) = C exp(-(c - a) t / m)
    const double expected = std::log(waits / (1 - kQuantiles[i])) * 10 / (3 - a);
    INFO(kQuantiles[i]);
    CHECK(std::abs(all.quantile(kQuantiles[i]) - expected) <=
          std::max(0.03 * expected, 3 * standard_error(all.quantiles[i])));
  }
}

TEST_CASE("accumulating priority has Kleinrock's waits") {
  const std::array shares{0.2, 0.3, 0.5};
  const std::array rates{16.0, 4.0, 1.0};
  const double load = 0.8;
  auto accumulating = rule(Rule::Kind::accumulating);
  accumulating.rates = {rates[0], rates[1], rates[2], 1};
  const auto outcome =
      run(stationary(1, load, {OrderClass{0.2, {}}, OrderClass{0.3, {}}, OrderClass{0.5, {}}, OrderClass{}}, 200'000),
          {accumulating});
  std::array<double, 3> expected{};
  for (std::size_t k = 3; k-- > 0;) {
    double above = load * 10 / (1 - load), below = 1;
    for (std::size_t i = k + 1; i < 3; ++i)
      above -= load * shares.at(i) * expected.at(i) * (1 - rates.at(i) / rates.at(k));
    for (std::size_t i = 0; i < k; ++i) below -= load * shares.at(i) * (1 - rates.at(k) / rates.at(i));
    expected.at(k) = above / below;
  }
  check_near(outcome.waits[0][outcome.group("STAT")], expected[0]);
  check_near(outcome.waits[0][outcome.group("HIGH")], expected[1]);
  check_near(outcome.waits[0][outcome.group("ROUTINE")], expected[2]);
}

TEST_CASE("re-ordering creates no reading time: the mean over all studies stays (conservation law)") {
  const auto scenario = stationary(
      3, 0.85, {OrderClass{0.08, {}}, OrderClass{0.17, {}}, OrderClass{0.3, {}}, OrderClass{0.45, {}}}, 50'000);
  const auto fifo = fifo_waits(scenario);
  std::vector<Rule> rules{rule(Rule::Kind::fifo), shipped_rule(scenario, 69)};
  for (const auto& name : kComparators) rules.push_back(rule_named(name, scenario, 69, fifo));
  const auto outcome = run(scenario, rules);
  for (std::size_t by = 0; by < rules.size(); ++by) {
    INFO(rules[by].name);
    CHECK(outcome.waits[by][0].mean() == Approx(outcome.waits[0][0].mean()).epsilon(0.01));
  }
}

}  // namespace inferad::simulation
