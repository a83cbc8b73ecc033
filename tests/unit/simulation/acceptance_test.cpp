// SPDX-License-Identifier: Apache-2.0
// What the shipped order must reach before anybody goes live with it: ten replications of 50,000 studies at each of six
// loads, four levels (8 % critical) and two (14.6 % raised), paired with first come first served and strict priority.
#include <algorithm>
#include <catch2/catch.hpp>

#include "server/simulation/experiment.h"
#include "server/simulation/workload.h"

namespace inferad::simulation {

namespace {

constexpr std::array<OrderClass, 4> kFourLevels{OrderClass{0.08, {}}, OrderClass{0.17, {}}, OrderClass{0.3, {}},
                                                OrderClass{0.45, {}}};
constexpr std::array<OrderClass, 4> kTwoLevels{OrderClass{0.146, {}}, OrderClass{}, OrderClass{},
                                               OrderClass{0.854, {}}};

struct Load {
  std::string name;
  Scenario scenario;
  double load;
};

std::vector<Load> loads(const std::array<OrderClass, 4>& levels) {
  std::vector<Load> out;
  for (const double load : {0.7, 0.85, 0.95}) {
    Scenario flat;
    flat.arrivals_by_hour.fill(1);
    flat.daily_sigma = 0;
    flat.readers_by_hour.fill(3);
    flat.reading = {Law::Kind::exponential, 10, 1};
    out.push_back({"three radiologists all day, load " + std::to_string(load), flat, load});
  }
  for (const double load : {0.7, 0.8, 0.9})
    out.push_back({"day and night, load " + std::to_string(load), Scenario(), load});
  for (auto& each : out) {
    each.scenario.load = each.load;
    each.scenario.orders = levels;
    each.scenario.findings.clear();
    each.scenario.delta_minutes_least = 0;
  }
  return out;
}

enum : std::size_t { kFifo, kStrict, kShipped, kCap };

Outcome outcome_of(const Scenario& scenario) {
  const auto fifo = fifo_waits(scenario);
  const double delta = delta_of(scenario, fifo);
  return run(scenario, {rule_named("fifo", scenario, delta, fifo), rule_named("strict", scenario, delta, fifo),
                        shipped_rule(scenario, delta), rule_named("cap_p90", scenario, delta, fifo)});
}

}  // namespace

TEST_CASE("four levels: the critical wait little more than under strict priority, nobody much more than today") {
  for (const auto& load : loads(kFourLevels)) {
    INFO(load.name);
    const auto outcome = outcome_of(load.scenario);
    const auto waits = [&](std::size_t rule, const char* group) -> const Waits& {
      return outcome.waits[rule][outcome.group(group)];
    };
    CHECK(waits(kShipped, "STAT").mean() <= 1.10 * waits(kStrict, "STAT").mean());
    CHECK(waits(kShipped, "STAT").quantile(0.99) <= 1.15 * waits(kStrict, "STAT").quantile(0.99));
    CHECK(waits(kShipped, "all").quantile(0.999) <= 1.20 * waits(kFifo, "all").quantile(0.999));
    CHECK(waits(kShipped, "all").mean_of_maxima() <= 1.25 * waits(kFifo, "all").mean_of_maxima());
    CHECK(waits(kShipped, "LOW").quantile(0.999) <= 1.30 * waits(kFifo, "LOW").quantile(0.999));
    if (load.load >= 0.8) CHECK(waits(kShipped, "STAT").mean() <= 0.20 * waits(kFifo, "STAT").mean());
    // What the deadlines are for, and the trap of the published cap: the critical wait as without triage.
    CHECK(waits(kStrict, "all").quantile(0.999) > 1.4 * waits(kFifo, "all").quantile(0.999));
    CHECK(waits(kCap, "STAT").quantile(0.99) == Approx(waits(kFifo, "STAT").quantile(0.99)).epsilon(0.05));
    if (load.name != "day and night, load 0.800000") continue;
    CHECK(waits(kFifo, "STAT").mean() == Approx(42).epsilon(0.15));
    CHECK(waits(kShipped, "STAT").mean() <= 3.3);
    CHECK(0.9 * waits(kShipped, "STAT").mean() + 0.1 * waits(kShipped, "LOW").mean() <= 12);  // 10 % missed, in LOW
  }
}

TEST_CASE("two levels: the same, and who is not raised waits little more than today") {
  for (const auto& load : loads(kTwoLevels)) {
    INFO(load.name);
    const auto outcome = outcome_of(load.scenario);
    const auto stat = outcome.group("STAT"), low = outcome.group("LOW");
    CHECK(outcome.waits[kShipped][stat].mean() <= 1.10 * outcome.waits[kStrict][stat].mean());
    CHECK(outcome.waits[kShipped][low].quantile(0.999) <= 1.20 * outcome.waits[kFifo][low].quantile(0.999));
    CHECK(outcome.waits[kShipped][low].mean_of_maxima() <= 1.20 * outcome.waits[kFifo][low].mean_of_maxima());
  }
}

TEST_CASE("no positives, or nothing but positives: the order is first come first served, study by study") {
  Scenario scenario;
  scenario.orders = {OrderClass{}, OrderClass{}, OrderClass{1, {}}, OrderClass{}};
  scenario.ai_failure_rate = 0;
  scenario.ai_latency.mean = 0;
  Rule fifo;
  fifo.kind = Rule::Kind::fifo;
  const auto order = [&](double prevalence, double specificity, const Rule& rule) {
    scenario.findings = {{"f", prevalence, {true, true, true, true}, 1.0, specificity, Level::stat, {}}};
    const auto studies = draw_studies(scenario, 0);
    const auto positive = std::count_if(studies.begin(), studies.end(), [](const auto& s) { return s.positive != 0; });
    REQUIRE(positive == (specificity == 0 ? scenario.studies : 0));
    return read_all(studies, scenario.readers_by_hour, rule, studies.back().arrival);
  };
  CHECK(order(0, 1, shipped_rule(scenario, 60)) == order(0, 1, fifo));
  CHECK(order(0.5, 0, shipped_rule(scenario, 60)) == order(0.5, 0, fifo));
}

}  // namespace inferad::simulation
