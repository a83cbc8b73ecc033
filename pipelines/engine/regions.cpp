// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/regions.h"

#include <algorithm>

namespace inferad::engine {

namespace {

struct Span {
  std::int32_t first = -1, last = -1;  // rows; -1: none
};

// For each column of one slice, the first and the last row with a voxel.
std::vector<Span> column_spans(const Mask& mask, int slice) {
  std::vector<Span> spans(static_cast<std::size_t>(mask.grid().columns));
  for (int j = 0; j < mask.grid().rows; ++j) {
    for (const auto& run : mask.row(j, slice)) {
      for (auto i = run.begin; i < run.end; ++i) {
        auto& span = spans[static_cast<std::size_t>(i)];
        if (span.first < 0) span.first = j;
        span.last = j;
      }
    }
  }
  return spans;
}

bool overlaps(RunSpan row, const Run& run) {
  return std::any_of(row.begin(), row.end(), [&](const Run& r) { return r.begin < run.end && run.begin < r.end; });
}

}  // namespace

std::span<const std::uint8_t> ClassMap::row(int row, int slice) const {
  return classes.subspan(row_offset(grid, row, slice), static_cast<std::size_t>(grid.columns));
}

Mask class_mask(const ClassMap& map, std::uint8_t least, std::uint8_t most, int threads) {
  return Mask::make(map.grid, threads, [&](int j, int k, Runs& out) {
    const auto row = map.row(j, k);
    append_where(
        row.size(), [&](std::size_t i) { return row[i] >= least && row[i] <= most; }, out);
  });
}

Mask between(const Mask& mask, int threads) {
  const auto& grid = mask.grid();
  std::vector<std::vector<Span>> spans(static_cast<std::size_t>(grid.slices));
  for (int k = 0; k < grid.slices; ++k) spans[static_cast<std::size_t>(k)] = column_spans(mask, k);
  return Mask::make(grid, threads, [&](int j, int k, Runs& out) {
    const auto row = mask.row(j, k);
    if (row.empty()) return;
    const auto& columns = spans[static_cast<std::size_t>(k)];
    append_where(
        columns.size(),
        [&](std::size_t i) {
          const auto column = static_cast<std::int32_t>(i);
          return column >= row.front().begin && column < row.back().end && columns[i].first <= j &&
                 columns[i].last >= j;
        },
        out);
  });
}

Mask touching_components(const Mask& mask, const Mask& marker, Connectivity connectivity, int threads) {
  const Components components(mask, connectivity);
  const auto shared = combined(mask, marker, SetOperation::intersect, threads);
  std::vector<bool> keep(components.count(), false);
  components.for_each_run([&](std::size_t component, const Run& run, int j, int k) {
    if (!keep[component] && overlaps(shared.row(j, k), run)) keep[component] = true;
  });
  return components.select(keep);
}

double mean_column(const Mask& mask) {
  double sum = 0, count = 0;
  for (int k = 0; k < mask.grid().slices; ++k) {
    for (int j = 0; j < mask.grid().rows; ++j) {
      for (const auto& run : mask.row(j, k)) {
        const double length = run.end - run.begin;
        sum += length * (run.begin + run.end - 1) / 2.0;
        count += length;
      }
    }
  }
  return count > 0 ? sum / count : 0;
}

}  // namespace inferad::engine
