// SPDX-License-Identifier: Apache-2.0
// How much of a finding's score each part of an image accounts for (recipe/localisation.h): on the grid of the
// network's input, then on that of the source. Pure; no LibTorch.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "pipelines/engine/detections.h"
#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/localisation.h"

namespace inferad::engine {

// First pixels that the patch covers, along one axis; the last patch ends where the image does.
std::vector<int> places_along(int size, int patch, int stride);

// x fastest; of each pixel the mean of how far the score falls when a patch hides it.
struct HeatGrid {
  int columns = 0, rows = 0;
  std::vector<float> values;
  ToPatient to_patient{};
};

// Adds up the patches.
class HeatSum {
 public:
  HeatSum(int columns, int rows);
  void add(int x, int y, const std::array<int, 2>& patch, double fall);
  HeatGrid mean() const;

 private:
  int columns_, rows_;
  std::vector<double> falls_;
  std::vector<int> counts_;
};

struct HotSpot {
  findings::Location area;       // box around the pixels with at least half the greatest fall that touch its place
  std::array<double, 2> peak{};  // column and row of the source, as in findings::Location: the middle of the hottest
  double greatest = 0;           // fall of the score there
};
// nullopt: hiding lowers the score nowhere.
std::optional<HotSpot> hottest(const HeatGrid& grid, const findings::Image& image);

// The falls on the grid of the source, interpolated; 0 where the network did not look or the score rises.
std::vector<float> on_source(const HeatGrid& grid, const findings::Image& image);

}  // namespace inferad::engine
