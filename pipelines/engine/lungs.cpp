// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/lungs.h"

#include <algorithm>
#include <cmath>

#include "pipelines/engine/morphology.h"

namespace inferad::engine {

namespace {

constexpr double kInsideMin = 0.25;  // share of a piece that lies between parts of the body
constexpr double kDensePixels = 2;   // half the least thickness of dense lung; its edge is as wide

class Search {
 public:
  Search(const ClassMap& map, const findings::Image& image, const LungParameters& parameters, int threads)
      : map_(map), image_(image), parameters_(parameters), threads_(threads) {}

  Lungs run() const {
    const auto body = find_body();
    if (body.empty()) return {{Mask(map_.grid), Mask(map_.grid)}, Mask(map_.grid)};
    const double middle = mean_column(body);
    const auto inner = inner_air(body);
    auto airways = find_airways(map_, inner, middle, image_.geometry, parameters_.airways, threads_);
    const auto lungs =
        with_dense_edge(without_small_and_gas(combined(inner, airways, SetOperation::subtract, threads_)));
    auto sides = separate_sides(lungs, middle, image_, threads_);
    auto right = whole(sides.right, airways), left = whole(sides.left, airways);
    left = combined(left, right, SetOperation::subtract, threads_);
    return {{std::move(right), std::move(left)}, std::move(airways)};
  }

 private:
  Mask find_body() const {
    const auto tissue = class_mask(map_, voxel::kTissue, voxel::kEdge, threads_);
    const auto thick = open(tissue, disc_of(parameters_.body_opening_mm, image_.geometry), threads_);
    return keep_largest_component(thick, Connectivity::faces);
  }

  // Air inside the patient: it keeps away from the edge of the picture and lies between parts of the body. Not all of
  // it need do so: where the wall of the chest is thin or cut off, the body has a gap.
  Mask inner_air(const Mask& body) const {
    const auto air = class_mask(map_, voxel::kDenseLung, voxel::kDeepAir, threads_);
    const auto enclosed = combined(air, between(body, threads_), SetOperation::intersect, threads_);
    const Components components(air, Connectivity::faces);
    std::vector<std::uint64_t> at_edge(components.count(), 0), inside(components.count(), 0);
    Runs shared;
    components.for_each_run([&](std::size_t c, const Run& run, int j, int k) {
      at_edge[c] += edge_voxels(run, j, k);
      shared.clear();
      combine(RunSpan(&run, 1), enclosed.row(j, k), SetOperation::intersect, shared);
      for (const auto& part : shared) inside[c] += static_cast<std::uint64_t>(part.end - part.begin);
    });
    std::vector<bool> keep(components.count());
    for (std::size_t c = 0; c < keep.size(); ++c) {
      const auto size = static_cast<double>(components.size(c));
      keep[c] = static_cast<double>(at_edge[c]) < parameters_.outside_contact * size &&
                static_cast<double>(inside[c]) >= kInsideMin * size;
    }
    return components.select(keep);
  }

  // Voxels of the run at the edge of the picture or of the field of view.
  std::uint64_t edge_voxels(const Run& run, int j, int k) const {
    const auto row = map_.row(j, k);
    const auto begin = static_cast<std::size_t>(run.begin), end = static_cast<std::size_t>(run.end);
    if (j == 0 || j == map_.grid.rows - 1) return end - begin;
    std::uint64_t count = begin == 0 || row[begin - 1] == voxel::kOutside ? 1 : 0;
    if (end == row.size() || row[end] == voxel::kOutside) ++count;
    return count;
  }

  Mask without_small_and_gas(const Mask& air) const {
    const Components components(air, Connectivity::faces);
    std::vector<std::uint64_t> gas(components.count(), 0);
    components.for_each_run([&](std::size_t c, const Run& run, int j, int k) {
      const auto row = map_.row(j, k);
      for (auto i = run.begin; i < run.end; ++i)
        gas[c] += row[static_cast<std::size_t>(i)] >= voxel::kThinAir ? 1U : 0U;
    });
    std::vector<bool> lung(components.count());
    std::uint64_t largest = 0;
    for (std::size_t c = 0; c < lung.size(); ++c) {
      lung[c] = static_cast<double>(gas[c]) <= parameters_.gas_share_max * static_cast<double>(components.size(c));
      if (lung[c]) largest = std::max(largest, components.size(c));
    }
    const double least = parameters_.component_share_min * static_cast<double>(largest);
    for (std::size_t c = 0; c < lung.size(); ++c) lung[c] = lung[c] && static_cast<double>(components.size(c)) >= least;
    return components.select(lung);
  }

  // Where lung is dense, half-way to soft tissue lies higher. Edges of other lung have these values too, but are thin.
  Mask with_dense_edge(const Mask& lungs) const {
    const auto& spacing = image_.geometry.spacing;
    const auto disc = disc_of(kDensePixels * std::max(spacing[0], spacing[1]), image_.geometry);
    const auto thick = open(class_mask(map_, voxel::kEdge, voxel::kDenseLung, threads_), disc, threads_);
    const auto near = dilate(combined(thick, lungs, SetOperation::intersect, threads_), disc, threads_);
    const auto edge =
        combined(near, class_mask(map_, voxel::kEdge, voxel::kEdge, threads_), SetOperation::intersect, threads_);
    return combined(lungs, edge, SetOperation::unite, threads_);
  }

  // Vessels are dense, so that the threshold leaves holes and clefts where they run.
  Mask whole(const Mask& side, const Mask& airways) const {
    if (side.empty()) return side;
    const auto& spacing = image_.geometry.spacing;
    const auto area = static_cast<std::uint64_t>(parameters_.hole_mm2 / (spacing[0] * spacing[1]));
    const auto solid = keep_large_components(side, Connectivity::faces, parameters_.component_share_min, 1);
    const auto closed = close(solid, disc_of(parameters_.closing_mm, image_.geometry), threads_);
    return combined(fill_holes(closed, area, threads_), airways, SetOperation::subtract, threads_);
  }

  const ClassMap& map_;
  const findings::Image& image_;
  const LungParameters& parameters_;
  int threads_;
};

}  // namespace

Lungs find_lungs(const ClassMap& map, const findings::Image& image, const LungParameters& parameters, int threads) {
  return Search(map, image, parameters, threads).run();
}

}  // namespace inferad::engine
