// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/scenario.h"

#include <numeric>

namespace inferad::simulation {
namespace {

// A study with several findings takes the time of the first listed one that has a time of its own.
double mean_of_order(const Scenario& scenario, std::size_t order) {
  double none_yet = 1, mean = 0;
  for (const auto& finding : scenario.findings) {
    if (!finding.reading_minutes_mean || !finding.among.at(order)) continue;
    mean += none_yet * finding.prevalence * *finding.reading_minutes_mean;
    none_yet *= 1 - finding.prevalence;
  }
  return mean + none_yet * scenario.orders.at(order).reading_minutes_mean.value_or(scenario.reading.mean);
}

}  // namespace

double Scenario::reading_minutes_mean() const {
  double mean = 0;
  for (std::size_t order = 0; order < orders.size(); ++order) mean += orders[order].share * mean_of_order(*this, order);
  return mean;
}

double Scenario::arrivals_per_minute() const {
  const int reader_hours = std::accumulate(readers_by_hour.begin(), readers_by_hour.end(), 0);
  return load * reader_hours / 24 / reading_minutes_mean();
}

}  // namespace inferad::simulation
