// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/workload.h"

#include <cmath>
#include <numeric>

namespace inferad::simulation {
namespace {

Time ms(double minutes) { return std::llround(minutes * static_cast<double>(kMinute)); }

// Minutes of arrivals: unit exponentials laid end to end along the integral of the rate.
class Arrivals {
 public:
  Arrivals(const Scenario& scenario, std::uint64_t stream)
      : scenario_(scenario), gaps_(scenario.seed, stream), days_(scenario.seed, stream + 1) {
    const auto& hours = scenario.arrivals_by_hour;
    const double mean = std::accumulate(hours.begin(), hours.end(), 0.0) / 24;
    unit_ = scenario.arrivals_per_minute() / mean;
    begin_hour();
  }
  double next() {
    double left = Law{Law::Kind::exponential, 1, 1}.draw(gaps_);
    while (left > rate_ * (end_ - now_)) {
      left -= rate_ * (end_ - now_);
      now_ = end_;
      ++hour_;
      begin_hour();
    }
    return now_ += left / rate_;
  }

 private:
  void begin_hour() {
    const double sigma = scenario_.daily_sigma;
    if (hour_ % 24 == 0 && sigma > 0) factor_ = std::exp(sigma * days_.normal() - sigma * sigma / 2);
    rate_ = unit_ * factor_ * scenario_.arrivals_by_hour[static_cast<std::size_t>(hour_ % 24)];
    end_ = 60.0 * static_cast<double>(hour_ + 1);
  }

  const Scenario& scenario_;
  Random gaps_, days_;
  double unit_ = 0, factor_ = 1, rate_ = 0, now_ = 0, end_ = 0;
  std::int64_t hour_ = 0;
};

std::size_t draw_order(const Scenario& scenario, Random& random) {
  double dice = random.uniform();
  std::size_t order = 0;
  while (order < 3 && dice >= scenario.orders[order].share) dice -= scenario.orders[order++].share;
  return order;
}

bool ai_says(const Finding& finding, bool diseased, Random& random) {
  return random.chance(diseased ? finding.sensitivity.value_or(0) : 1 - finding.specificity.value_or(1));
}

void draw_findings(const Scenario& scenario, Random& random, Study& study, double& reading_mean) {
  for (std::size_t i = scenario.findings.size(); i-- > 0;) {  // backwards: the first listed has the last word
    const Finding& finding = scenario.findings[i];
    if (!finding.among[static_cast<std::size_t>(study.order)]) continue;
    const bool diseased = random.chance(finding.prevalence);
    if (diseased) {
      study.diseased |= 1U << i;
      reading_mean = finding.reading_minutes_mean.value_or(reading_mean);
    }
    if (!finding.sensitivity || !ai_says(finding, diseased, random)) continue;
    study.positive |= 1U << i;
    study.ai = more_urgent(study.ai, finding.level);
  }
}

void draw_result(const Scenario& scenario, Random& random, Study& study) {
  if (random.chance(scenario.ai_failure_rate)) {
    study.positive = 0;
    return;
  }
  study.ai_at = study.arrival + ms(scenario.ai_latency.draw(random));
}

}  // namespace

std::vector<Study> draw_studies(const Scenario& scenario, int replication) {
  const auto stream = 3 * static_cast<std::uint64_t>(replication);
  Arrivals arrivals(scenario, stream);
  Random random(scenario.seed, stream + 2);
  std::vector<Study> studies(static_cast<std::size_t>(scenario.studies));
  for (auto& study : studies) {
    study.arrival = ms(arrivals.next());
    const std::size_t order = draw_order(scenario, random);
    study.order = static_cast<Level>(order);
    double mean = scenario.orders[order].reading_minutes_mean.value_or(scenario.reading.mean);
    if (!scenario.findings.empty()) {
      draw_findings(scenario, random, study, mean);
      draw_result(scenario, random, study);
    }
    study.reading = ms(Law{scenario.reading.kind, mean, scenario.reading.shape}.draw(random));
  }
  return studies;
}

}  // namespace inferad::simulation
