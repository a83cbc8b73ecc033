// SPDX-License-Identifier: Apache-2.0
// Waits as a histogram with buckets 0.2 % wide: quantiles of any number of studies in fixed memory, in the same bytes
// whatever the order. Mean and maximum are exact.
#pragma once

#include <cstdint>
#include <vector>

namespace inferad::simulation {

class Histogram {
 public:
  void add(std::int64_t wait_ms);
  void add(const Histogram& other);

  std::int64_t count() const { return count_; }
  double mean() const;                       // ms; 0 without waits
  std::int64_t max() const { return max_; }  // ms
  double quantile(double p) const;           // ms; the least wait that a part p does not exceed
  double share_over(std::int64_t wait_ms) const;

 private:
  std::vector<std::int64_t> buckets_;
  std::int64_t count_ = 0, max_ = 0;
  double sum_ = 0;
};

}  // namespace inferad::simulation
