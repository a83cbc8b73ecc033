// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/taps.h"

#include <algorithm>
#include <cmath>

namespace inferad::tensor {
namespace {

// torch's linspace from -1 to 1, drawn in by half a voxel unless the corners are aligned.
std::vector<double> base_coordinates(std::int64_t n, bool align_corners) {
  std::vector<double> result(static_cast<std::size_t>(n), 0);
  if (n == 1) return result;
  const double step = 2.0 / static_cast<double>(n - 1);
  for (std::int64_t i = 0; i < n; ++i) {
    const double x = i < n / 2 ? -1 + step * static_cast<double>(i) : 1 - step * static_cast<double>(n - i - 1);
    result[static_cast<std::size_t>(i)] = align_corners ? x : x * static_cast<double>(n - 1) / static_cast<double>(n);
  }
  return result;
}

double reflected(double x, double low, double high) {
  if (low == high) return 0;
  const double span = high - low, from = std::abs(x - low);
  const double turns = std::floor(from / span), rest = from - turns * span;
  return std::fmod(turns, 2) == 0 ? rest + low : high - rest;
}

double padded(double place, std::int64_t size, const Resampling& options) {
  const auto last = static_cast<double>(size - 1);
  if (options.padding == Padding::zeros) return place;
  if (options.padding == Padding::reflection)
    place = options.align_corners ? reflected(place, 0, last) : reflected(place, -0.5, last + 0.5);
  return std::clamp(place, 0.0, last);
}

}  // namespace

double NormalisedMap::place(std::size_t axis, double g) const {
  const auto n = static_cast<double>(data_shape[axis]);
  return options.align_corners ? (g + 1) / 2 * (n - 1) : ((g + 1) * n - 1) / 2;
}

bool NormalisedMap::separable() const {
  constexpr double kVoxels = 1e-9;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      if (i != j && base[j].size() > 1 && std::abs(matrix[i][j]) * static_cast<double>(data_shape[i]) / 2 > kVoxels)
        return false;
  return true;
}

NormalisedMap normalised_map(const Affine& index_map, const std::array<std::int64_t, 3>& data_shape,
                             const std::array<std::int64_t, 3>& shape, const Resampling& options) {
  NormalisedMap result;
  result.data_shape = data_shape;
  result.options = options;
  Affine to_data = kIdentity, from_result = kIdentity;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double n = static_cast<double>(data_shape[axis]), m = static_cast<double>(shape[axis]);
    to_data[axis][axis] = 2 / n;
    to_data[axis][3] = 1 / n - 1;
    from_result[axis][axis] = 1 / (2 / m);
    from_result[axis][3] = -(1 / m - 1) * from_result[axis][axis];
    result.base[axis] = base_coordinates(shape[axis], options.align_corners);
  }
  const auto normalised = product(product(to_data, index_map), from_result);
  for (std::size_t axis = 0; axis < 3; ++axis) result.matrix[axis] = normalised[axis];
  return result;
}

Tap tap_at(double place, std::int64_t size, const Resampling& options) {
  const double x = padded(place, size, options);
  const auto inside = [size](double index) { return index >= 0 && index < static_cast<double>(size); };
  const auto index = [size](double i) {
    return static_cast<std::int64_t>(std::clamp(i, 0.0, static_cast<double>(size - 1)));
  };
  if (options.nearest) {
    const double nearest = std::nearbyint(x);
    return {index(nearest), index(nearest), inside(nearest) ? 1.0 : 0.0, 0};
  }
  const double low = std::floor(x), rest = x - low;
  return {index(low), index(low + 1), inside(low) ? 1 - rest : 0, inside(low + 1) ? rest : 0};
}

std::vector<Tap> taps_along(const NormalisedMap& map, std::size_t axis) {
  std::vector<Tap> result;
  result.reserve(map.base[axis].size());
  for (const double base : map.base[axis]) {
    const double g = base * map.matrix[axis][axis] + map.matrix[axis][3];
    result.push_back(tap_at(map.place(axis, g), map.data_shape[axis], map.options));
  }
  return result;
}

}  // namespace inferad::tensor
