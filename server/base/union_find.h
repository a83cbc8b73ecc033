// SPDX-License-Identifier: Apache-2.0
// Disjoint sets of the numbers 0..count-1. The root of a set is its smallest member. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace inferad {

class UnionFind {
 public:
  explicit UnionFind(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0U); }

  std::uint32_t root(std::uint32_t n) {
    while (parent_[n] != n) n = parent_[n] = parent_[parent_[n]];
    return n;
  }

  void unite(std::uint32_t a, std::uint32_t b) {
    a = root(a), b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::uint32_t> parent_;
};

}  // namespace inferad
