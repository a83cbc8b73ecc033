// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/experiment.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "server/simulation/plot.h"
#include "server/simulation/report.h"
#include "server/simulation/workload.h"

namespace inferad::simulation {

namespace {

Scenario small() {
  Scenario out;
  out.studies = 4000;
  out.replications = 4;
  return out;
}

}  // namespace

TEST_CASE("the same seed gives the same bytes, another seed others") {
  const auto bytes = [](std::uint64_t seed) {
    auto scenario = small();
    scenario.seed = seed;
    const auto outcome = run(scenario);
    return report_text(scenario, outcome) + tail_plot(outcome, 0) + means_plot(outcome);
  };
  const auto once = bytes(7);
  CHECK(bytes(7) == once);
  CHECK(bytes(8) != once);
}

TEST_CASE("truth and answers come as often as the scenario says") {
  Scenario scenario;
  scenario.studies = 400'000;
  scenario.findings = {{"looked for", 0.1, {false, true, true, true}, 0.8, 0.95, Level::high, 30},
                       {"not looked for", 0.05, {true, true, true, true}, {}, {}, Level::stat, {}}};
  scenario.ai_failure_rate = 0.02;
  double diseased = 0, other = 0, positive = 0, false_positive = 0, reading = 0, results = 0, possible = 0;
  const auto studies = draw_studies(scenario, 0);
  for (const auto& study : studies) {
    other += study.diseased >> 1 & 1;
    reading += static_cast<double>(study.reading) / kMinute;
    results += study.ai_at != kNever ? 1 : 0;
    if (study.order == Level::stat) continue;
    ++possible;
    diseased += study.diseased & 1;
    positive += study.positive & study.diseased & 1;
    false_positive += study.positive & ~study.diseased & 1;
    if (study.positive & 1) CHECK(study.raised() == Level::high);
  }
  const double n = scenario.studies;
  CHECK(possible / n == Approx(0.95).epsilon(0.005));
  CHECK(diseased / possible == Approx(0.1).epsilon(0.02));
  CHECK(other / n == Approx(0.05).epsilon(0.03));
  CHECK(positive / diseased == Approx(0.8 * 0.98).epsilon(0.01));
  CHECK(false_positive / (possible - diseased) == Approx(0.05 * 0.98).epsilon(0.03));
  CHECK(results / n == Approx(0.98).epsilon(0.002));
  CHECK(reading / n == Approx(scenario.reading_minutes_mean()).epsilon(0.01));
  CHECK(scenario.reading_minutes_mean() == Approx(10 + 0.95 * 0.1 * 20));
  const double days = static_cast<double>(studies.back().arrival) / kDay;
  CHECK(n / days == Approx(scenario.arrivals_per_minute() * 1440).epsilon(0.02));
}

TEST_CASE("the table tells each level and each truth, and what the AI does not look for") {
  auto scenario = small();
  scenario.findings.push_back({"other", 0.05, {true, true, true, true}, {}, {}, Level::stat, {}});
  const auto outcome = run(scenario);
  const auto text = report_text(scenario, outcome);
  for (const char* group : {"all", "STAT", "HIGH", "ROUTINE", "urgent finding: TP", "urgent finding: FP",
                            "urgent finding: FN", "urgent finding: TN", "urgent finding: diseased", "other: diseased",
                            "no AI", "shipped", "fifo", "strict", "unread"})
    CHECK(text.find(group) != std::string::npos);
  CHECK(text.find("other: TP") == std::string::npos);
  const auto& all = outcome.waits[0][outcome.group("all")];
  std::int64_t truths = 0;
  for (const char* truth : {"TP", "FP", "FN", "TN"})
    truths += outcome.waits[0][outcome.group(std::string("urgent finding: ") + truth)].all.count();
  CHECK(truths == all.all.count());
}

TEST_CASE("a benefit is found where there is one, and none is promised where nobody waits") {
  auto busy = small();
  busy.replications = 10;
  busy.findings[0].prevalence = 0.05;
  const auto shown = run(busy);
  const auto diseased = shown.group("urgent finding: diseased");
  CHECK(shown.difference(1, diseased).high < 0);
  CHECK(verdict_text(shown).find("earlier on average") != std::string::npos);
  auto idle = busy;
  idle.load = 0.02;
  idle.readers_by_hour.fill(3);
  CHECK(verdict_text(run(idle)).find("no benefit expected") != std::string::npos);
  idle.findings.clear();
  CHECK(verdict_text(run(idle)) == "no finding in this scenario: no benefit expected\n");
}

TEST_CASE("the plot of the waits has mean, p90, p99, p99.9 and the longest of each group under each rule") {
  const auto outcome = run(small());
  const auto plot = means_plot(outcome);
  const auto count = [&](const std::string& what) {
    std::size_t n = 0;
    for (auto at = plot.find(what); at != std::string::npos; at = plot.find(what, at + 1)) ++n;
    return n;
  };
  const auto bars = outcome.groups.size() * outcome.rules.size();
  CHECK(count("<circle") == bars);
  for (const char* width : {"\"5\"", "\"2.5\"", "\"1.5\""}) CHECK(count(std::string("stroke-width=") + width) == bars);
  for (const auto& group : outcome.groups) CHECK(plot.find(">" + group.name + "<") != std::string::npos);
}

TEST_CASE("a result that comes late is worth less, one that fails nothing") {
  const auto gain = [](double latency, double failures) {
    auto scenario = small();
    scenario.studies = 20'000;
    scenario.findings[0].prevalence = 0.05;
    scenario.ai_latency = {Law::Kind::constant, latency, 1};
    scenario.ai_failure_rate = failures;
    const auto outcome = run(scenario);
    return -outcome.difference(1, outcome.group("urgent finding: diseased")).mean;
  };
  const double at_once = gain(0, 0);
  CHECK(at_once > 10);
  CHECK(gain(60, 0) < 0.8 * at_once);
  CHECK(gain(0, 1) == 0);
}

TEST_CASE("unread studies are counted with the wait they had") {
  auto overload = small();
  overload.load = 1.5;
  const auto outcome = run(overload);
  const auto& all = outcome.waits[0][0];
  CHECK(all.unread > 1000);
  CHECK(all.all.count() == Approx(0.95 * overload.studies * overload.replications).epsilon(0.03));
}

TEST_CASE("an interval is Student's") {
  const std::array<double, 4> values{1, 2, 3, 6};
  const auto it = interval(values);
  CHECK(it.mean == 3);
  CHECK(it.high - it.mean == Approx(3.182 * std::sqrt(14.0 / 3 / 4)));
  CHECK_FALSE(it.low > 0);
}

TEST_CASE("a histogram keeps mean and maximum, and quantiles to 0.2 %") {
  Histogram histogram;
  for (int i = 1; i <= 100'000; ++i) histogram.add(i * 37);
  CHECK(histogram.mean() == Approx(37 * 50'000.5));
  CHECK(histogram.max() == 3'700'000);
  CHECK(histogram.quantile(0.5) == Approx(37 * 50'000).epsilon(0.002));
  CHECK(histogram.quantile(0.999) == Approx(37 * 99'900).epsilon(0.002));
  CHECK(histogram.quantile(1) == Approx(3'700'000).epsilon(0.002));
  CHECK(histogram.share_over(37 * 75'000) == Approx(0.25).margin(0.002));
  Histogram twice;
  twice.add(histogram);
  twice.add(histogram);
  CHECK(twice.count() == 200'000);
  CHECK(twice.quantile(0.9) == histogram.quantile(0.9));
}

}  // namespace inferad::simulation
