// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/components.h"

#include <algorithm>
#include <numeric>

#include "server/base/union_find.h"

namespace inferad::engine {

namespace {

// Index of the first run of each row over the whole mask.
std::vector<std::uint32_t> row_starts(const Mask& mask) {
  const auto& grid = mask.grid();
  std::vector<std::uint32_t> starts;
  starts.reserve(static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.slices) + 1);
  std::uint32_t n = 0;
  for (int k = 0; k < grid.slices; ++k) {
    for (int j = 0; j < grid.rows; ++j) {
      starts.push_back(n);
      n += static_cast<std::uint32_t>(mask.row(j, k).size());
    }
  }
  starts.push_back(n);
  return starts;
}

class Linker {
 public:
  Linker(const Mask& mask, UnionFind& sets, const std::vector<std::uint32_t>& starts)
      : mask_(mask), sets_(sets), starts_(starts) {}

  // Unites touching runs of two rows; `reach` 1 counts diagonal neighbours.
  void link(int j, int k, int other_j, int other_k, int reach) {
    if (other_j < 0 || other_k < 0 || other_j >= mask_.grid().rows) return;
    const auto a = mask_.row(j, k), b = mask_.row(other_j, other_k);
    const auto start_a = start(j, k), start_b = start(other_j, other_k);
    for (std::size_t m = 0, n = 0; m < a.size() && n < b.size();) {
      if (a[m].begin < b[n].end + reach && b[n].begin < a[m].end + reach)
        sets_.unite(start_a + static_cast<std::uint32_t>(m), start_b + static_cast<std::uint32_t>(n));
      if (a[m].end < b[n].end)
        ++m;
      else
        ++n;
    }
  }

 private:
  std::uint32_t start(int j, int k) const { return starts_[static_cast<std::size_t>(k * mask_.grid().rows + j)]; }

  const Mask& mask_;
  UnionFind& sets_;
  const std::vector<std::uint32_t>& starts_;
};

void link_all(const Mask& mask, Connectivity connectivity, Linker& linker) {
  const int reach = connectivity == Connectivity::corners ? 1 : 0;
  for (int k = 0; k < mask.grid().slices; ++k) {
    for (int j = 0; j < mask.grid().rows; ++j) {
      linker.link(j, k, j - 1, k, reach);
      if (connectivity == Connectivity::in_plane) continue;
      for (int dj = -reach; dj <= reach; ++dj) linker.link(j, k, j + dj, k - 1, reach);
    }
  }
}

}  // namespace

Components::Components(const Mask& mask, Connectivity connectivity) : mask_(&mask) {
  const auto starts = row_starts(mask);
  UnionFind sets(starts.back());
  Linker linker(mask, sets, starts);
  link_all(mask, connectivity, linker);

  component_of_run_.resize(starts.back());
  for (std::uint32_t n = 0; n < starts.back(); ++n) {
    const auto root = sets.root(n);
    if (root == n) {
      component_of_run_[n] = static_cast<std::uint32_t>(sizes_.size());
      sizes_.push_back(0);
    } else {
      component_of_run_[n] = component_of_run_[root];
    }
  }
  for_each_run([&](std::size_t component, const Run& run, int, int) {
    sizes_[component] += static_cast<std::uint64_t>(run.end - run.begin);
  });
}

std::uint64_t Components::largest() const {
  return sizes_.empty() ? 0 : *std::max_element(sizes_.begin(), sizes_.end());
}

Mask Components::select(const std::vector<bool>& keep) const {
  std::size_t n = 0;
  return Mask::make(mask_->grid(), 1, [&](int j, int k, Runs& out) {
    for (const auto& run : mask_->row(j, k))
      if (keep[component_of_run_[n++]]) out.push_back(run);
  });
}

Mask keep_largest_component(const Mask& mask, Connectivity connectivity) {
  const Components components(mask, connectivity);
  std::vector<bool> keep(components.count(), false);
  for (std::size_t c = 0; c < keep.size(); ++c) {
    if (components.size(c) != components.largest()) continue;
    keep[c] = true;
    break;
  }
  return components.select(keep);
}

Mask keep_large_components(const Mask& mask, Connectivity connectivity, double fraction, std::uint64_t voxels_min) {
  const Components components(mask, connectivity);
  const double least = std::max(fraction * static_cast<double>(components.largest()), static_cast<double>(voxels_min));
  std::vector<bool> keep(components.count());
  for (std::size_t c = 0; c < keep.size(); ++c) keep[c] = static_cast<double>(components.size(c)) >= least;
  return components.select(keep);
}

}  // namespace inferad::engine
