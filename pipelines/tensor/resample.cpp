// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/resample.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "pipelines/tensor/interpolate.h"

namespace inferad::tensor {
namespace {

using Size3 = std::array<std::int64_t, 3>;

Size3 sizes_of(const at::Tensor& volume) { return {volume.size(1), volume.size(2), volume.size(3)}; }
Size3 three_axes(const Shape& shape) { return {shape[0], shape[1], shape.size() > 2 ? shape[2] : 1}; }

at::Tensor with_three_axes(const at::Tensor& data, const Shape& shape) {
  return shape.size() == 2 ? data.unsqueeze(-1) : data;
}
at::Tensor with_axes_of(const at::Tensor& result, const Shape& shape) {
  return shape.size() == 2 ? result.squeeze(-1) : result;
}

// Spatial axes from the slowest to the fastest in memory.
Axes memory_order(const at::Tensor& volume) {
  Axes order{0, 1, 2};
  const auto slowness = [&](std::size_t axis) {
    const auto dimension = static_cast<std::int64_t>(axis) + 1;
    return volume.size(dimension) == 1 ? INT64_MAX : volume.stride(dimension);
  };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return slowness(a) > slowness(b); });
  return order;
}

at::Tensor empty_in_order(std::int64_t channels, const Size3& shape, const Axes& order, at::ScalarType type) {
  auto result = at::empty({channels, shape[order[0]], shape[order[1]], shape[order[2]]}, type);
  std::array<std::int64_t, 4> back{0, 0, 0, 0};
  for (std::size_t i = 0; i < 3; ++i) back[order[i] + 1] = static_cast<std::int64_t>(i) + 1;
  return result.permute(back);
}

// What the loops work on. They need the fastest axis to be dense.
struct Prepared {
  at::Tensor volume;
  NormalisedMap map;
  bool separable = false;
  Axes order{0, 1, 2};

  Prepared(const at::Tensor& data, const Affine& index_map, const Shape& shape, const Resampling& options)
      : volume(with_three_axes(data, shape).to(at::kFloat)),
        map(normalised_map(index_map, sizes_of(volume), three_axes(shape), options)),
        separable(map.separable()) {
    if (!separable) return;
    order = memory_order(volume);
    if (volume.stride(static_cast<std::int64_t>(order[2]) + 1) == 1) return;
    volume = volume.contiguous();
    order = {0, 1, 2};
  }

  Source source() const {
    return {volume.data_ptr<float>(),
            volume.size(0),
            {volume.stride(0), volume.stride(1), volume.stride(2), volume.stride(3)}};
  }
};

// One slab of the result's first axis.
at::Tensor sampled_slab(const at::Tensor& data, const NormalisedMap& map, std::size_t begin, std::size_t end) {
  const auto base = [&](std::size_t axis) { return at::tensor(map.base[axis], at::kDouble).to(data.device()); };
  const auto i = base(0).slice(0, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end));
  const auto j = base(1), k = base(2);
  std::vector<at::Tensor> coordinates;
  for (std::size_t axis = 3; axis-- > 0;) {  // grid_sample names the last axis first
    const auto& row = map.matrix[axis];
    coordinates.push_back((i * row[0]).view({-1, 1, 1}) + (j * row[1]).view({1, -1, 1}) +
                          (k * row[2]).view({1, 1, -1}) + row[3]);
  }
  const auto grid = at::stack(coordinates, -1).unsqueeze(0);
  const std::int64_t interpolation = map.options.nearest ? 1 : 0;
  const std::int64_t padding = map.options.padding == Padding::zeros    ? 0
                               : map.options.padding == Padding::border ? 1
                                                                        : 2;
  return at::grid_sampler(data.unsqueeze(0), grid, interpolation, padding, map.options.align_corners)
      .squeeze(0)
      .to(at::kFloat);
}

}  // namespace

at::Tensor resample(const at::Tensor& data, const Affine& index_map, const Shape& shape, const Resampling& options) {
  if (!data.device().is_cpu() || data.numel() == 0) return resample_by_grid(data, index_map, shape, options);
  const Prepared it(data, index_map, shape, options);
  const auto result = empty_in_order(data.size(0), three_axes(shape), it.order, at::kFloat);
  if (it.separable)
    interpolate_axes(it.source(), it.map, it.order, result.data_ptr<float>());
  else
    interpolate_turned(it.source(), it.map, result.data_ptr<float>());
  return with_axes_of(result, shape);
}

namespace {

using ByAxes = void (*)(const Source&, const NormalisedMap&, const Axes&, std::uint8_t*);
using Turned = void (*)(const Source&, const NormalisedMap&, std::uint8_t*);

at::Tensor bytes_of(const Prepared& it, const Shape& shape, ByAxes by_axes, Turned turned) {
  const auto result = empty_in_order(1, three_axes(shape), it.order, at::kByte);
  if (it.separable)
    by_axes(it.source(), it.map, it.order, result.data_ptr<std::uint8_t>());
  else
    turned(it.source(), it.map, result.data_ptr<std::uint8_t>());
  return with_axes_of(result, shape);
}

}  // namespace

at::Tensor resample_argmax(const at::Tensor& data, const Affine& index_map, const Shape& shape,
                           const Resampling& options) {
  if (!data.device().is_cpu() || data.numel() == 0)
    return resample_by_grid(data, index_map, shape, options).argmax(0, true).to(at::kByte);
  return bytes_of({data, index_map, shape, options}, shape, argmax_axes, argmax_turned);
}

at::Tensor resample_fractions(const at::Tensor& data, const Affine& index_map, const Shape& shape,
                              const Resampling& options) {
  if (!data.device().is_cpu() || data.numel() == 0)
    return to_fractions(resample_by_grid(data, index_map, shape, options));
  return bytes_of({data, index_map, shape, options}, shape, fractions_axes, fractions_turned);
}

at::Tensor to_fractions(const at::Tensor& values) {
  return values.to(at::kFloat).clamp(0, 1).mul_(255).add_(0.5).to(at::kByte);
}

at::Tensor resample_by_grid(const at::Tensor& data, const Affine& index_map, const Shape& shape,
                            const Resampling& options) {
  constexpr std::size_t kSlab = 32;  // bounds the memory of the grid
  const auto volume = with_three_axes(data, shape).to(at::kDouble);
  const auto map = normalised_map(index_map, sizes_of(volume), three_axes(shape), options);
  std::vector<at::Tensor> slabs;
  for (std::size_t begin = 0; begin < map.base[0].size(); begin += kSlab)
    slabs.push_back(sampled_slab(volume, map, begin, std::min(begin + kSlab, map.base[0].size())));
  return with_axes_of(at::cat(slabs, 1), shape);
}

}  // namespace inferad::tensor
