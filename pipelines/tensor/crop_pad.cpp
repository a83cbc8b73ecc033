// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/crop_pad.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace inferad::tensor {
namespace {

// The voxel of an axis of n that stands at `index`, which may lie outside.
std::int64_t source(std::int64_t index, std::int64_t n, const std::string& mode) {
  const auto modulo = [](std::int64_t a, std::int64_t b) { return ((a % b) + b) % b; };
  if (mode == "edge") return std::clamp<std::int64_t>(index, 0, n - 1);
  if (mode == "wrap") return modulo(index, n);
  if (mode == "symmetric") {
    const auto turn = modulo(index, 2 * n);
    return turn < n ? turn : 2 * n - 1 - turn;
  }
  if (n == 1) return 0;
  const auto turn = modulo(index, 2 * n - 2);  // reflect
  return turn < n ? turn : 2 * n - 2 - turn;
}

at::Tensor selected(const at::Tensor& data, std::int64_t axis, std::int64_t front, std::int64_t behind,
                    const std::string& mode) {
  const auto n = data.size(axis);
  std::vector<std::int64_t> indices;
  for (std::int64_t i = -front; i < n + behind; ++i) indices.push_back(source(i, n, mode));
  return data.index_select(axis, at::tensor(indices, at::kLong).to(data.device()));
}

// The least, largest or mean value of each line, beside it.
at::Tensor with_statistic(const at::Tensor& data, std::int64_t axis, std::int64_t front, std::int64_t behind,
                          const std::string& mode) {
  at::Tensor value;
  if (mode == "minimum") value = data.amin({axis}, true);
  if (mode == "maximum") value = data.amax({axis}, true);
  if (mode == "mean") value = data.to(at::kDouble).mean({axis}, true).to(data.scalar_type());
  const auto beside = [&](std::int64_t n) {
    auto sizes = data.sizes().vec();
    sizes[static_cast<std::size_t>(axis)] = n;
    return value.expand(sizes);
  };
  return at::cat({beside(front), data, beside(behind)}, axis);
}

at::Tensor with_constant(const at::Tensor& data, const Margins& margins, double value) {
  std::vector<std::int64_t> last_axis_first;
  for (std::size_t axis = margins.front.size(); axis-- > 0;) {
    last_axis_first.push_back(margins.front[axis]);
    last_axis_first.push_back(margins.behind[axis]);
  }
  return at::constant_pad_nd(data, last_axis_first, value);
}

}  // namespace

PadMode read_pad_mode(Arguments& arguments) {
  PadMode mode;
  mode.name = arguments.one_of(
      "mode", "constant",
      {"constant", "edge", "replicate", "reflect", "symmetric", "wrap", "circular", "minimum", "maximum", "mean"});
  if (mode.name == "replicate") mode.name = "edge";
  if (mode.name == "circular") mode.name = "wrap";
  mode.value = arguments.number("constant_values", arguments.number("value", 0));
  return mode;
}

at::Tensor padded(const at::Tensor& data, const Margins& margins, const PadMode& mode) {
  const auto none = [](const Shape& sizes) {
    return std::all_of(sizes.begin(), sizes.end(), [](auto n) { return n == 0; });
  };
  if (none(margins.front) && none(margins.behind)) return data;
  if (mode.name == "constant") return with_constant(data, margins, mode.value);
  const bool statistic = mode.name == "minimum" || mode.name == "maximum" || mode.name == "mean";
  at::Tensor result = data;
  for (std::size_t i = 0; i < margins.front.size(); ++i) {
    const auto axis = static_cast<std::int64_t>(i) + 1;
    if (margins.front[i] == 0 && margins.behind[i] == 0) continue;
    result = statistic ? with_statistic(result, axis, margins.front[i], margins.behind[i], mode.name)
                       : selected(result, axis, margins.front[i], margins.behind[i], mode.name);
  }
  return result;
}

at::Tensor cut(const at::Tensor& data, const Shape& start, const Shape& shape) {
  at::Tensor result = data;
  for (std::size_t axis = 0; axis < start.size(); ++axis)
    result = result.narrow(static_cast<std::int64_t>(axis) + 1, start[axis], shape[axis]);
  return result;
}

Status BoxTransform::take_box(Volume& volume, const Shape& start, const Shape& shape, const PadMode& mode) const {
  const auto own = spatial_shape(volume);
  Shape from(own.size()), size(own.size());
  Margins margins{Shape(own.size()), Shape(own.size())};
  for (std::size_t axis = 0; axis < own.size(); ++axis) {
    const auto end = start[axis] + shape[axis];
    from[axis] = std::clamp<std::int64_t>(start[axis], 0, own[axis]);
    size[axis] = std::min(end, own[axis]) - from[axis];
    if (size[axis] < 1) return Error{Errc::model, "the box holds no voxel of the volume"};
    margins.front[axis] = std::max<std::int64_t>(-start[axis], 0);
    margins.behind[axis] = std::max<std::int64_t>(end - own[axis], 0);
  }
  auto result = padded(cut(volume.data, from, size), margins, mode);
  record(volume, std::move(result), translation(start), start);
  return ok();
}

Result<Volume> BoxTransform::undo(Volume volume, const Done& done, bool) const {
  const Shape& start = done.numbers;
  const Shape& before = done.shape_before;
  const auto own = spatial_shape(volume);
  Shape from(own.size()), size(own.size());
  Margins margins{Shape(own.size()), Shape(own.size())};
  for (std::size_t axis = 0; axis < own.size(); ++axis) {
    const auto end = start[axis] + own[axis];
    from[axis] = std::max<std::int64_t>(-start[axis], 0);
    size[axis] = std::min(end, before[axis]) - std::max<std::int64_t>(start[axis], 0);
    margins.front[axis] = std::max<std::int64_t>(start[axis], 0);
    margins.behind[axis] = std::max<std::int64_t>(before[axis] - end, 0);
  }
  volume.data = padded(cut(volume.data, from, size), margins, PadMode{});
  volume.affine = done.affine_before;
  return volume;
}

Result<Shape> sizes_or_own(const Shape& given, const Shape& own) {
  INFERAD_TRY(auto result, for_each_axis(given, own.size(), 0));
  for (std::size_t axis = 0; axis < own.size(); ++axis)
    if (result[axis] <= 0) result[axis] = own[axis];
  return result;
}

}  // namespace inferad::tensor
