// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/sides.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "pipelines/engine/components.h"
#include "pipelines/engine/regions.h"
#include "server/base/parallel.h"

namespace inferad::engine {

namespace {

constexpr double kBandMm = 70;           // a path stays this close to the middle
constexpr double kSecondMin = 0.1;       // two lungs are apart when the second is at least this share of the first
constexpr int kStepMax = 2;              // columns from row to row
constexpr float kStepCost = 0.02F;       // per column
constexpr float kMiddleCostMm = 0.004F;  // per mm and row: else a path would rather go around a lung than between two

constexpr double kPleuraMm = 2.5;  // as far on both sides of the pleura is lung
constexpr float kRidgeHu = 250;    // a line that stands out so much is the pleura

// The cheapest path through one slice.
class Path {
 public:
  Path(const Mask& lungs, const findings::Image& image, double middle)
      : lungs_(lungs),
        image_(image),
        middle_(static_cast<float>(middle)),
        middle_cost_(kMiddleCostMm * static_cast<float>(image.geometry.spacing[0])) {
    const int reach = static_cast<int>(kBandMm / image.geometry.spacing[0]);
    beside_ = std::max(2, static_cast<int>(std::lround(kPleuraMm / image.geometry.spacing[0])));
    first_ = std::max(0, static_cast<int>(middle) - reach);
    width_ = std::min(lungs.grid().columns, static_cast<int>(middle) + reach + 1) - first_;
  }

  // The first column of the higher side in each row.
  std::vector<std::int32_t> find(int slice) {
    const auto rows = static_cast<std::size_t>(lungs_.grid().rows), width = static_cast<std::size_t>(width_);
    steps_.assign(rows * width, 0);
    std::vector<float> sum(width, 0.0F), next(width);
    for (std::size_t j = 0; j < rows; ++j) {
      row_costs(static_cast<int>(j), slice);
      advance(sum, next, &steps_[j * width]);
      std::swap(sum, next);
    }
    auto columns = trace(sum, rows, width);
    for (std::size_t j = 0; j < rows; ++j) columns[j] += on_lower_side(columns[j], static_cast<int>(j), slice) ? 1 : 0;
    return columns;
  }

 private:
  void row_costs(int j, int k) {
    costs_.resize(static_cast<std::size_t>(width_));
    for (int i = 0; i < width_; ++i)
      costs_[static_cast<std::size_t>(i)] = middle_cost_ * std::abs(static_cast<float>(first_ + i) - middle_);
    const float* values = image_.voxels.data() + row_offset(lungs_.grid(), j, k);
    for (const auto& run : lungs_.row(j, k)) {
      for (int i = std::max(run.begin, first_); i < std::min(run.end, first_ + width_); ++i)
        costs_[static_cast<std::size_t>(i - first_)] += lung_cost(values, i, j);
    }
  }

  // Passing through tissue is free; through lung it costs less along a line that is denser than what lies beside it.
  // Dense lung is no line.
  float lung_cost(const float* row, int i, int j) const {
    const auto& grid = lungs_.grid();
    const int down = j > 0 && j + 1 < grid.rows ? grid.columns : 0;  // one row
    if (i < beside_ || i + beside_ >= grid.columns) return 1;
    const auto ridge = [&](std::ptrdiff_t a) { return row[i] - std::max(row[i - a], row[i + a]); };
    const float best = std::max({ridge(beside_), ridge(beside_ + down), ridge(beside_ - down)});
    return std::clamp(1 - best / kRidgeHu, 0.02F, 1.0F);
  }

  // The pleura is thinner than a voxel: most of the voxel on the path lies on the side away from the denser neighbour.
  bool on_lower_side(std::int32_t column, int j, int k) const {
    const float* values = image_.voxels.data() + row_offset(lungs_.grid(), j, k);
    if (column == 0 || column + 1 >= lungs_.grid().columns) return false;
    return values[column + 1] > values[column - 1];
  }

  void advance(const std::vector<float>& sum, std::vector<float>& next, std::int8_t* steps) const {
    for (int i = 0; i < width_; ++i) {
      float best = std::numeric_limits<float>::max();
      for (int step = -kStepMax; step <= kStepMax; ++step) {
        const int from = i + step;
        if (from < 0 || from >= width_) continue;
        const float total = sum[static_cast<std::size_t>(from)] + kStepCost * static_cast<float>(std::abs(step));
        if (total < best) best = total, steps[i] = static_cast<std::int8_t>(step);
      }
      next[static_cast<std::size_t>(i)] = best + costs_[static_cast<std::size_t>(i)];
    }
  }

  std::vector<std::int32_t> trace(const std::vector<float>& sum, std::size_t rows, std::size_t width) const {
    std::vector<std::int32_t> columns(rows);
    auto i = std::min_element(sum.begin(), sum.end()) - sum.begin();
    for (auto j = rows; j-- > 0;) {
      columns[j] = first_ + static_cast<std::int32_t>(i);
      i += steps_[j * width + static_cast<std::size_t>(i)];
    }
    return columns;
  }

  const Mask& lungs_;
  const findings::Image& image_;
  float middle_, middle_cost_;
  int first_ = 0, width_ = 0, beside_ = 2;
  std::vector<float> costs_;
  std::vector<std::int8_t> steps_;
};

using Halves = std::array<Mask, 2>;  // lower columns, higher columns

Halves cut(const Mask& lungs, double middle, const findings::Image& image, int threads) {
  const auto& grid = lungs.grid();
  std::vector<std::vector<std::int32_t>> paths(static_cast<std::size_t>(grid.slices));
  parallel_for(paths.size(), threads,
               [&](std::size_t k) { paths[k] = Path(lungs, image, middle).find(static_cast<int>(k)); });
  const auto half = [&](bool higher) {
    return Mask::make(grid, threads, [&](int j, int k, Runs& out) {
      const auto column = paths[static_cast<std::size_t>(k)][static_cast<std::size_t>(j)];
      const Run side{higher ? column : 0, higher ? grid.columns : column};
      if (side.begin < side.end) combine(lungs.row(j, k), RunSpan(&side, 1), SetOperation::intersect, out);
    });
  };
  return {half(false), half(true)};
}

// Pieces that a path left on the wrong side are connected with the lung of the other side.
Halves reattach(Halves halves, int threads) {
  const Halves main{keep_largest_component(halves[0], Connectivity::faces),
                    keep_largest_component(halves[1], Connectivity::faces)};
  Halves result;
  for (std::size_t side : {0U, 1U}) {
    const auto strays = combined(halves[1 - side], main[1 - side], SetOperation::subtract, threads);
    const auto all = combined(main[side], strays, SetOperation::unite, threads);
    const auto won = combined(touching_components(all, main[side], Connectivity::faces, threads), main[side],
                              SetOperation::subtract, threads);
    halves[1 - side] = combined(halves[1 - side], won, SetOperation::subtract, threads);
    halves[side] = combined(halves[side], won, SetOperation::unite, threads);
  }
  return halves;
}

// Each component goes to the side of its centre: right when the lungs do not touch.
Halves by_centre(const Mask& lungs, double middle) {
  const Components components(lungs, Connectivity::faces);
  std::vector<double> sums(components.count(), 0.0);
  components.for_each_run([&](std::size_t c, const Run& run, int, int) {
    sums[c] += static_cast<double>(run.end - run.begin) * (run.begin + run.end - 1) / 2.0;
  });
  std::vector<bool> higher(components.count());
  for (std::size_t c = 0; c < higher.size(); ++c)
    higher[c] = sums[c] / static_cast<double>(components.size(c)) > middle;
  auto lower = higher;
  lower.flip();
  return {components.select(lower), components.select(higher)};
}

bool are_apart(const Halves& halves) {
  const auto low = Components(halves[0], Connectivity::faces).largest();
  const auto high = Components(halves[1], Connectivity::faces).largest();
  return static_cast<double>(std::min(low, high)) >= kSecondMin * static_cast<double>(std::max(low, high));
}

}  // namespace

Sides separate_sides(const Mask& lungs, double middle, const findings::Image& image, int threads) {
  auto halves = by_centre(lungs, middle);
  if (!are_apart(halves)) halves = reattach(cut(lungs, middle, image, threads), threads);
  const bool ascends_to_left = image.geometry.column_direction[0] > 0;  // DICOM: +x is the patient's left
  return ascends_to_left ? Sides{std::move(halves[0]), std::move(halves[1])}
                         : Sides{std::move(halves[1]), std::move(halves[0])};
}

}  // namespace inferad::engine
