// SPDX-License-Identifier: Apache-2.0
// Mask: a set of voxels as runs along the columns. A lung has a handful of runs a row, so that set operations,
// labelling and in-plane morphology cost per run and not per voxel (512 x 512 x 300 in tenths of a second). Value type;
// const use from several threads is safe. Operations on two masks need the same grid.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pipelines/findings/image.h"

namespace inferad::engine {

struct Run {
  std::int32_t begin, end;  // columns [begin, end), begin < end
  bool operator==(const Run&) const = default;
};
using Runs = std::vector<Run>;
using RunSpan = std::span<const Run>;  // ascending, neither overlapping nor touching

struct Grid {
  int columns = 0, rows = 0, slices = 0;
  bool operator==(const Grid&) const = default;
};
Grid grid_of(const findings::Geometry& geometry);
std::size_t row_offset(const Grid& grid, int row, int slice);  // of its first voxel, in storage order

enum class SetOperation { unite, intersect, subtract };
void combine(RunSpan a, RunSpan b, SetOperation operation, Runs& out);

class Mask {
 public:
  // Appends the runs of one row; called in row order within a slice, for different slices from several threads.
  using RowMaker = std::function<void(int row, int slice, Runs& out)>;

  Mask() = default;
  explicit Mask(Grid grid);  // empty
  static Mask make(Grid grid, int threads, const RowMaker& row_maker);

  const Grid& grid() const { return grid_; }
  RunSpan row(int row, int slice) const;
  std::size_t run_count(int slice) const { return planes_[static_cast<std::size_t>(slice)].runs.size(); }
  std::uint64_t voxels() const;
  std::uint64_t voxels(int slice) const;
  bool empty() const { return voxels() == 0; }
  Mask slice(int slice) const;                 // a mask of one slice
  void set_slice(int slice, const Mask& one);  // replaces it by a mask of one slice
  bool operator==(const Mask&) const = default;

 private:
  struct Plane {
    std::vector<std::uint32_t> ends;  // of the runs of each row in `runs`
    Runs runs;
    bool operator==(const Plane&) const = default;
  };
  Grid grid_;
  std::vector<Plane> planes_;
};

Mask combined(const Mask& a, const Mask& b, SetOperation operation, int threads);
Mask complement(const Mask& mask, int threads);

// Appends the runs of the indices 0..count-1 for which inside(i), which must be pure.
template <class Inside>
void append_where(std::size_t count, Inside inside, Runs& out) {
  for (std::size_t i = 0; i < count;) {
    while (i < count && !inside(i)) ++i;
    if (i == count) return;
    const auto begin = i;
    while (i < count && inside(i)) ++i;
    out.push_back({static_cast<std::int32_t>(begin), static_cast<std::int32_t>(i)});
  }
}

// Voxels of a label map, and back: writes `label` where the mask is set.
Mask mask_of(const findings::LabelMap& labels, std::uint8_t label, int threads);
void paint(const Mask& mask, std::uint8_t label, findings::LabelMap& labels);

}  // namespace inferad::engine
