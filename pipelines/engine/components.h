// SPDX-License-Identifier: Apache-2.0
// Connected components of a mask, by union-find over its runs.
#pragma once

#include <cstdint>
#include <vector>

#include "pipelines/engine/mask.h"

namespace inferad::engine {

enum class Connectivity {
  in_plane,  // 4 neighbours within the slice; slices are independent
  faces,     // 6 neighbours
  corners,   // 26 neighbours
};

class Components {
 public:
  // The mask must outlive the components.
  Components(const Mask& mask, Connectivity connectivity);

  std::size_t count() const { return sizes_.size(); }
  std::uint64_t size(std::size_t component) const { return sizes_[component]; }  // voxels
  std::uint64_t largest() const;                                                 // voxels; 0 without components

  // visit(component, run, row, slice) for each run, in storage order.
  template <class Visit>
  void for_each_run(Visit visit) const {
    std::size_t n = 0;
    const auto& grid = mask_->grid();
    for (int k = 0; k < grid.slices; ++k)
      for (int j = 0; j < grid.rows; ++j)
        for (const auto& run : mask_->row(j, k)) visit(std::size_t{component_of_run_[n++]}, run, j, k);
  }

  Mask select(const std::vector<bool>& keep) const;  // keep[component]

 private:
  const Mask* mask_;
  std::vector<std::uint32_t> component_of_run_;
  std::vector<std::uint64_t> sizes_;
};

Mask keep_largest_component(const Mask& mask, Connectivity connectivity);
// Those with at least `fraction` of the voxels of the largest and at least `voxels_min`.
Mask keep_large_components(const Mask& mask, Connectivity connectivity, double fraction, std::uint64_t voxels_min);

}  // namespace inferad::engine
