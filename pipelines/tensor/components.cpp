// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/components.h"

#include <algorithm>
#include <cstdlib>
#include <span>

#include "server/base/union_find.h"

namespace inferad::tensor {

namespace {

// A neighbouring row that comes earlier.
struct Offset {
  std::array<std::int64_t, 3> steps;  // along the axes before the last
  std::int32_t reach;                 // 1: diagonal along the last axis counts too
};

std::vector<Offset> earlier_rows(int connectivity) {
  std::vector<Offset> result;
  for (std::int64_t c = -1; c <= 0; ++c) {
    for (std::int64_t i = -1; i <= 1; ++i) {
      for (std::int64_t j = -1; j <= 1; ++j) {
        const std::array steps{c, i, j};
        const auto hops = std::abs(c) + std::abs(i) + std::abs(j);
        if (steps >= std::array<std::int64_t, 3>{0, 0, 0} || hops > connectivity) continue;
        result.push_back({steps, hops < connectivity ? 1 : 0});
      }
    }
  }
  return result;
}

class Linker {
 public:
  Linker(const Runs& runs, UnionFind& sets) : runs_(runs), sets_(sets) {}

  void link_all(int connectivity) {
    const auto offsets = earlier_rows(connectivity);
    std::int64_t row = 0;
    std::array<std::int64_t, 3> at{};
    for (at[0] = 0; at[0] < runs_.shape[0]; ++at[0])
      for (at[1] = 0; at[1] < runs_.shape[1]; ++at[1])
        for (at[2] = 0; at[2] < runs_.shape[2]; ++at[2], ++row)
          for (const auto& offset : offsets) link_neighbour(row, at, offset);
  }

 private:
  void link_neighbour(std::int64_t row, const std::array<std::int64_t, 3>& at, const Offset& offset) {
    std::int64_t other = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto place = at[axis] + offset.steps[axis];
      if (place < 0 || place >= runs_.shape[axis]) return;
      other = other * runs_.shape[axis] + place;
    }
    link_rows(static_cast<std::size_t>(row), static_cast<std::size_t>(other), offset.reach);
  }

  // Runs of different classes may touch, so that a run can have neighbours before those of the run in front of it.
  void link_rows(std::size_t row, std::size_t other, std::int32_t reach) {
    const auto end = runs_.starts[row + 1], other_end = runs_.starts[other + 1];
    auto first = runs_.starts[other];
    for (auto n = runs_.starts[row]; n < end; ++n) {
      const auto& run = runs_.runs[n];
      while (first < other_end && runs_.runs[first].end + reach <= run.begin) ++first;
      for (auto m = first; m < other_end && runs_.runs[m].begin < run.end + reach; ++m)
        if (runs_.runs[m].value == run.value) sets_.unite(n, m);
    }
  }

  const Runs& runs_;
  UnionFind& sets_;
};

}  // namespace

Components::Components(const Runs& runs, int connectivity) : runs_(&runs), component_of_run_(runs.runs.size()) {
  UnionFind sets(runs.runs.size());
  Linker(runs, sets).link_all(connectivity);
  for (std::uint32_t n = 0; n < runs.runs.size(); ++n) {
    const auto root = sets.root(n);
    if (root == n) {
      component_of_run_[n] = static_cast<std::uint32_t>(sizes_.size());
      sizes_.push_back(0);
      values_.push_back(runs.runs[n].value);
    } else {
      component_of_run_[n] = component_of_run_[root];
    }
    sizes_[component_of_run_[n]] += runs.runs[n].end - runs.runs[n].begin;
  }
}

std::vector<bool> Components::touching(const std::vector<std::size_t>& axes) const {
  std::vector<bool> result(count());
  const auto& shape = runs_->shape;
  for (std::int64_t row = 0; row < runs_->rows(); ++row) {
    const std::array<std::int64_t, 3> at{row / shape[2] / shape[1], row / shape[2] % shape[1], row % shape[2]};
    const bool edge = std::any_of(axes.begin(), axes.end(), [&](std::size_t axis) {
      return axis < 3 && (at[axis] == 0 || at[axis] == shape[axis] - 1);
    });
    const bool ends = std::find(axes.begin(), axes.end(), 3) != axes.end();
    const auto n = static_cast<std::size_t>(row);
    for (auto run = runs_->starts[n]; run < runs_->starts[n + 1]; ++run)
      if (edge || (ends && (runs_->runs[run].begin == 0 || runs_->runs[run].end == shape[3])))
        result[component_of_run_[run]] = true;
  }
  return result;
}

}  // namespace inferad::tensor
