// SPDX-License-Identifier: Apache-2.0
#include "server/evidence/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "server/base/result.h"

namespace inferad::evidence {
namespace {

constexpr double kZ = 1.959963984540054;  // of the normal distribution, 97.5 %

// Of the mean of the differences.
std::optional<Interval> interval_of(const std::vector<PairedWait>& waits, double mean) {
  std::map<int, double> residuals;  // by day, summed
  for (const auto& wait : waits) residuals[wait.day] += wait.fifo_minutes - wait.minutes - mean;
  const auto days = static_cast<int>(residuals.size());
  if (days < WaitEvidence::kDaysMin) return std::nullopt;
  double squares = 0;
  for (const auto& [day, sum] : residuals) squares += sum * sum;
  const double error = std::sqrt(squares * days / (days - 1)) / static_cast<double>(waits.size());
  const double half = t_quantile_975(days - 1) * error;
  return Interval{mean - half, mean + half};
}

}  // namespace

Proportion proportion(int k, int n) {
  INFERAD_CHECK(k >= 0 && k <= n);
  if (n == 0) return {};
  const double p = static_cast<double>(k) / n, zz = kZ * kZ / n;
  const double centre = (p + zz / 2) / (1 + zz), half = kZ / (1 + zz) * std::sqrt(p * (1 - p) / n + zz / 4 / n);
  return {k, n, {k == 0 ? 0 : centre - half, k == n ? 1 : centre + half}};
}

double t_quantile_975(int degrees) {
  const double z = kZ, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z, v = degrees;
  return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

WaitEvidence wait_evidence(const std::vector<PairedWait>& waits) {
  WaitEvidence out;
  if (waits.empty()) return out;
  out.n = static_cast<int>(waits.size());
  for (const auto& wait : waits) {
    out.mean += wait.minutes / out.n;
    out.fifo_mean += wait.fifo_minutes / out.n;
    out.longest = std::max(out.longest, wait.minutes);
    out.fifo_longest = std::max(out.fifo_longest, wait.fifo_minutes);
  }
  out.gained = out.fifo_mean - out.mean;
  out.interval = interval_of(waits, out.gained);
  return out;
}

}  // namespace inferad::evidence
