// SPDX-License-Identifier: Apache-2.0
// Inside pipelines/tensor only: the loops of resampling, on bare memory. No LibTorch.
#pragma once

#include <algorithm>

#include "pipelines/tensor/taps.h"

namespace inferad::tensor {

using Axes = std::array<std::size_t, 3>;

// Values of a CPU tensor [channel, 3 axes].
struct Source {
  const float* data = nullptr;
  std::int64_t channels = 1;
  std::array<std::int64_t, 4> strides{};  // in elements
};

// Of a separable map. `order` names the axes from the slowest to the fastest in memory; the fastest must have stride 1.
// The result is contiguous: channel, then the axes in that order.
void interpolate_axes(const Source& source, const NormalisedMap& map, const Axes& order, float* result);
void argmax_axes(const Source& source, const NormalisedMap& map, const Axes& order, std::uint8_t* labels);

// Of the first channel, from 0 to 1: rounded to 255ths. No NaN.
void fractions_axes(const Source& source, const NormalisedMap& map, const Axes& order, std::uint8_t* fractions);

// Of any map: eight neighbours for each voxel. The result is contiguous, axes in their order.
void interpolate_turned(const Source& source, const NormalisedMap& map, float* result);
void argmax_turned(const Source& source, const NormalisedMap& map, std::uint8_t* labels);
void fractions_turned(const Source& source, const NormalisedMap& map, std::uint8_t* fractions);

constexpr std::uint8_t in_255ths(float value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 1.0F) * 255.0F + 0.5F);
}

}  // namespace inferad::tensor
