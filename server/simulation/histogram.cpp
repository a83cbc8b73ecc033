// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace inferad::simulation {
namespace {

constexpr int kBits = 9;  // 512 buckets from a power of two to the next
constexpr std::uint64_t kWidth = 1U << kBits;

std::size_t bucket_of(std::int64_t wait) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(wait, 0));
  if (value < kWidth) return value;
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kBits;
  return static_cast<std::size_t>(shift + 1) * kWidth + (value >> shift) - kWidth;
}

double middle_of(std::size_t bucket) {
  if (bucket < kWidth) return static_cast<double>(bucket);
  const auto shift = bucket / kWidth - 1;
  const auto low = static_cast<double>((bucket % kWidth + kWidth) << shift);
  return low + (static_cast<double>(std::uint64_t{1} << shift) - 1) / 2;
}

}  // namespace

void Histogram::add(std::int64_t wait_ms) {
  const std::size_t bucket = bucket_of(wait_ms);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  sum_ += static_cast<double>(wait_ms);
  max_ = std::max(max_, wait_ms);
}

void Histogram::add(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

double Histogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

double Histogram::quantile(double p) const {
  const auto wanted = static_cast<std::int64_t>(std::ceil(p * static_cast<double>(count_)));
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= std::max<std::int64_t>(wanted, 1)) return std::min(middle_of(i), static_cast<double>(max_));
  }
  return static_cast<double>(max_);
}

double Histogram::share_over(std::int64_t wait_ms) const {
  if (count_ == 0) return 0;
  std::int64_t over = 0;
  for (std::size_t i = bucket_of(wait_ms) + 1; i < buckets_.size(); ++i) over += buckets_[i];
  return static_cast<double>(over) / static_cast<double>(count_);
}

}  // namespace inferad::simulation
