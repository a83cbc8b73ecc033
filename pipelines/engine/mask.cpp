// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/mask.h"

#include <algorithm>
#include <limits>

#include "server/base/parallel.h"
#include "server/base/result.h"

namespace inferad::engine {

namespace {

constexpr std::int32_t kNoEdge = std::numeric_limits<std::int32_t>::max();

// The n-th place where a row goes from outside to inside or back.
std::int32_t edge(RunSpan runs, std::size_t n) {
  if (n / 2 >= runs.size()) return kNoEdge;
  return n % 2 == 0 ? runs[n / 2].begin : runs[n / 2].end;
}

bool holds(SetOperation operation, bool a, bool b) {
  switch (operation) {
    case SetOperation::unite:
      return a || b;
    case SetOperation::intersect:
      return a && b;
    case SetOperation::subtract:
      return a && !b;
  }
  return false;
}

std::uint64_t length(const Runs& runs) {
  std::uint64_t sum = 0;
  for (const auto& run : runs) sum += static_cast<std::uint64_t>(run.end - run.begin);
  return sum;
}

}  // namespace

Grid grid_of(const findings::Geometry& geometry) { return {geometry.columns, geometry.rows, geometry.slices}; }

void combine(RunSpan a, RunSpan b, SetOperation operation, Runs& out) {
  bool in_a = false, in_b = false, inside = false;
  std::int32_t begin = 0;
  for (std::size_t i = 0, j = 0;;) {
    const auto at = std::min(edge(a, i), edge(b, j));
    if (at == kNoEdge) return;
    if (edge(a, i) == at) in_a = !in_a, ++i;
    if (edge(b, j) == at) in_b = !in_b, ++j;
    const bool now = holds(operation, in_a, in_b);
    if (now && !inside) begin = at;
    if (!now && inside) out.push_back({begin, at});
    inside = now;
  }
}

std::size_t row_offset(const Grid& grid, int row, int slice) {
  const auto columns = static_cast<std::size_t>(grid.columns), rows = static_cast<std::size_t>(grid.rows);
  return (static_cast<std::size_t>(slice) * rows + static_cast<std::size_t>(row)) * columns;
}

Mask::Mask(Grid grid) : grid_(grid), planes_(static_cast<std::size_t>(grid.slices)) {
  for (auto& plane : planes_) plane.ends.assign(static_cast<std::size_t>(grid.rows), 0);
}

Mask Mask::make(Grid grid, int threads, const RowMaker& row_maker) {
  Mask mask(grid);
  parallel_for(mask.planes_.size(), threads, [&](std::size_t k) {
    auto& plane = mask.planes_[k];
    for (std::size_t j = 0; j < plane.ends.size(); ++j) {
      row_maker(static_cast<int>(j), static_cast<int>(k), plane.runs);
      plane.ends[j] = static_cast<std::uint32_t>(plane.runs.size());
    }
  });
  return mask;
}

RunSpan Mask::row(int row, int slice) const {
  const auto& plane = planes_[static_cast<std::size_t>(slice)];
  const auto j = static_cast<std::size_t>(row);
  const auto begin = j == 0 ? 0 : plane.ends[j - 1];
  return RunSpan(plane.runs).subspan(begin, plane.ends[j] - begin);
}

std::uint64_t Mask::voxels() const {
  std::uint64_t sum = 0;
  for (const auto& plane : planes_) sum += length(plane.runs);
  return sum;
}

std::uint64_t Mask::voxels(int slice) const { return length(planes_[static_cast<std::size_t>(slice)].runs); }

Mask Mask::slice(int slice) const {
  Mask one;
  one.grid_ = {grid_.columns, grid_.rows, 1};
  one.planes_ = {planes_[static_cast<std::size_t>(slice)]};
  return one;
}

void Mask::set_slice(int slice, const Mask& one) {
  INFERAD_CHECK(one.grid_ == (Grid{grid_.columns, grid_.rows, 1}));
  planes_[static_cast<std::size_t>(slice)] = one.planes_[0];
}

Mask combined(const Mask& a, const Mask& b, SetOperation operation, int threads) {
  INFERAD_CHECK(a.grid() == b.grid());
  return Mask::make(a.grid(), threads,
                    [&](int j, int k, Runs& out) { combine(a.row(j, k), b.row(j, k), operation, out); });
}

Mask complement(const Mask& mask, int threads) {
  const Run all{0, mask.grid().columns};
  return Mask::make(mask.grid(), threads, [&](int j, int k, Runs& out) {
    combine(RunSpan(&all, 1), mask.row(j, k), SetOperation::subtract, out);
  });
}

Mask mask_of(const findings::LabelMap& labels, std::uint8_t label, int threads) {
  const auto columns = static_cast<std::size_t>(labels.columns);
  return Mask::make({labels.columns, labels.rows, labels.slices}, threads, [&](int j, int k, Runs& out) {
    const auto* row = labels.labels.data() + row_offset({labels.columns, labels.rows, labels.slices}, j, k);
    append_where(
        columns, [&](std::size_t i) { return row[i] == label; }, out);
  });
}

void paint(const Mask& mask, std::uint8_t label, findings::LabelMap& labels) {
  const auto& grid = mask.grid();
  INFERAD_CHECK(grid == (Grid{labels.columns, labels.rows, labels.slices}));
  for (int k = 0; k < grid.slices; ++k) {
    for (int j = 0; j < grid.rows; ++j) {
      auto* row = labels.labels.data() + row_offset(grid, j, k);
      for (const auto& run : mask.row(j, k)) std::fill(row + run.begin, row + run.end, label);
    }
  }
}

}  // namespace inferad::engine
