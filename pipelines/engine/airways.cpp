// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/airways.h"

#include <algorithm>
#include <cmath>

#include "pipelines/engine/morphology.h"

namespace inferad::engine {

namespace {

// A cross-section of a trachea, in millimetres.
constexpr double kAreaMin = 60, kAreaMax = 700, kSideMin = 6, kSideMax = 40, kFillMin = 0.55, kFromMiddleMax = 45;
// The model smooths over 3 x 3 pixels: so far inside the edge of a tube does its air begin.
constexpr double kEdgePixels = 1.2;

struct Box {
  int left = 1 << 30, right = -1, top = 1 << 30, bottom = -1, first_slice = 1 << 30, last_slice = -1;
  void add(const Run& run, int row, int slice) {
    left = std::min(left, run.begin), right = std::max(right, run.end);
    top = std::min(top, row), bottom = std::max(bottom, row + 1);
    first_slice = std::min(first_slice, slice), last_slice = std::max(last_slice, slice);
  }
};

std::vector<Box> boxes(const Components& components) {
  std::vector<Box> boxes(components.count());
  components.for_each_run(
      [&](std::size_t component, const Run& run, int j, int k) { boxes[component].add(run, j, k); });
  return boxes;
}

bool is_cross_section(const Box& box, std::uint64_t pixels, double middle, const findings::Geometry& geometry) {
  const double column_mm = geometry.spacing[0], row_mm = geometry.spacing[1];
  const double width = (box.right - box.left) * column_mm, height = (box.bottom - box.top) * row_mm;
  const double area = static_cast<double>(pixels) * column_mm * row_mm;
  const double from_middle = std::abs((box.left + box.right - 1) / 2.0 - middle) * column_mm;
  return area >= kAreaMin && area <= kAreaMax && std::min(width, height) >= kSideMin &&
         std::max(width, height) <= kSideMax && area >= kFillMin * width * height && from_middle <= kFromMiddleMax;
}

Mask find_trachea(const Mask& air, double middle, const findings::Geometry& geometry,
                  const AirwayParameters& parameters) {
  const Components sections(air, Connectivity::in_plane);
  const auto section_boxes = boxes(sections);
  std::vector<bool> keep(sections.count());
  for (std::size_t c = 0; c < keep.size(); ++c)
    keep[c] = is_cross_section(section_boxes[c], sections.size(c), middle, geometry);
  const auto candidates = sections.select(keep);

  const Components tubes(candidates, Connectivity::faces);
  const auto tube_boxes = boxes(tubes);
  std::vector<bool> longest(tubes.count(), false);
  int length_max = static_cast<int>(std::ceil(parameters.trachea_length_mm / geometry.spacing[2])) - 1;
  std::size_t best = longest.size();
  for (std::size_t c = 0; c < longest.size(); ++c) {
    const int length = tube_boxes[c].last_slice - tube_boxes[c].first_slice + 1;
    if (length > length_max) best = c, length_max = length;
  }
  if (best < longest.size()) longest[best] = true;
  return tubes.select(longest);
}

// The slices next to each slice take part, so that tubes within a slice get their wall above and below.
Mask with_neighbour_slices(const Mask& mask, int threads) {
  const auto& grid = mask.grid();
  return Mask::make(grid, threads, [&](int j, int k, Runs& out) {
    Runs below_and_this;
    combine(k > 0 ? mask.row(j, k - 1) : RunSpan(), mask.row(j, k), SetOperation::unite, below_and_this);
    combine(below_and_this, k + 1 < grid.slices ? mask.row(j, k + 1) : RunSpan(), SetOperation::unite, out);
  });
}

}  // namespace

Mask find_airways(const ClassMap& map, const Mask& inner_air, double middle, const findings::Geometry& geometry,
                  const AirwayParameters& parameters, int threads) {
  const auto air_of = [&](std::uint8_t least) {
    return combined(class_mask(map, least, voxel::kDeepAir, threads), inner_air, SetOperation::intersect, threads);
  };
  const auto trachea = find_trachea(air_of(voxel::kAir), middle, geometry, parameters);
  if (trachea.empty()) return trachea;

  const double limit = static_cast<double>(trachea.voxels()) + parameters.growth_ml / geometry.voxel_volume_ml();
  auto tree = trachea;
  for (auto least = voxel::kDeepAir; least >= voxel::kAir; --least) {
    const auto grown = touching_components(air_of(least), trachea, Connectivity::faces, threads);
    if (static_cast<double>(grown.voxels()) > limit) break;
    tree = combined(tree, grown, SetOperation::unite, threads);
  }
  const auto core = fill_holes(tree, 0, threads);
  const double to_edge = kEdgePixels * std::max(geometry.spacing[0], geometry.spacing[1]);
  const auto whole = dilate(core, disc_of(to_edge + parameters.wall_mm, geometry), threads);
  if (geometry.spacing[2] > 2 * parameters.wall_mm) return whole;
  return combined(whole, with_neighbour_slices(dilate(core, disc_of(to_edge, geometry), threads), threads),
                  SetOperation::unite, threads);
}

}  // namespace inferad::engine
