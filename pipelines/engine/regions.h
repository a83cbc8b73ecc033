// SPDX-License-Identifier: Apache-2.0
// Small questions about masks that several steps ask. Pure; const use from several threads is safe.
#pragma once

#include <cstdint>
#include <span>

#include "pipelines/engine/components.h"
#include "pipelines/engine/mask.h"

namespace inferad::engine {

// The model's answer: one class a voxel, in the storage order of findings::Image. Each class is less dense than the one
// before it.
namespace voxel {
inline constexpr std::uint8_t kTissue = 0;
inline constexpr std::uint8_t kEdge = 1;       // lung only at the edge of lung that is itself dense
inline constexpr std::uint8_t kDenseLung = 2;  // lung, from here on
inline constexpr std::uint8_t kLung = 3;
inline constexpr std::uint8_t kAir = 4;      // could be airway, bowel gas or emphysema
inline constexpr std::uint8_t kThinAir = 5;  // most of bowel gas; in a lung, severe emphysema
inline constexpr std::uint8_t kDeepAir = 6;
inline constexpr std::uint8_t kOutside = 255;  // no measurement there (padding around the field of view)
}  // namespace voxel

struct ClassMap {
  Grid grid;
  std::span<const std::uint8_t> classes;
  std::span<const std::uint8_t> row(int row, int slice) const;
};

// Voxels of class `least` to `most`.
Mask class_mask(const ClassMap& map, std::uint8_t least, std::uint8_t most, int threads);

// What lies between two parts of the mask both along its row and along its column.
Mask between(const Mask& mask, int threads);

// The components of `mask` that share a voxel with `marker`.
Mask touching_components(const Mask& mask, const Mask& marker, Connectivity connectivity, int threads);

// Mean column of the voxels; 0 for an empty mask.
double mean_column(const Mask& mask);

}  // namespace inferad::engine
