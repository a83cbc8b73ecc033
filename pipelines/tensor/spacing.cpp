// SPDX-License-Identifier: Apache-2.0
// Spacing: resampling to voxels of another size.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipelines/tensor/discrete.h"
#include "pipelines/tensor/resample.h"
#include "pipelines/tensor/spatial.h"

namespace inferad::tensor {
namespace {

constexpr double kTolerance = 1e-3;  // MONAI's: of spacings in mm, of affines in their elements

// Where the new grid lies: how many voxels, and the world position of its first one.
struct Extent {
  Shape shape;
  Vector3 origin{};
};

using Point = std::array<double, 4>;

Point times(const Affine& a, const Point& p) {
  Point result{};
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) result[i] += a[i][j] * p[j];
  return result;
}

// Corners of a grid, the last axis changing fastest; centres of the voxels or, `edges`, their outer corners.
std::vector<Point> corners_of(const Shape& shape, bool edges) {
  std::vector<Point> result;
  const auto rank = shape.size();
  for (std::size_t corner = 0; corner < (std::size_t{1} << rank); ++corner) {
    Point point{0, 0, 0, 1};
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const bool high = ((corner >> (rank - 1 - axis)) & 1) != 0;
      const auto n = static_cast<double>(shape[axis]);
      point[axis] = high ? (edges ? n - 0.5 : n - 1) : (edges ? -0.5 : 0);
    }
    result.push_back(point);
  }
  return result;
}

// The corner from which all others lie in positive directions of the new grid, in the world. None: a turned grid.
std::optional<Vector3> first_corner(const std::vector<Point>& corners, const std::vector<Point>& in_grid,
                                    const Affine& from, std::size_t rank) {
  for (std::size_t candidate = 0; candidate < corners.size(); ++candidate) {
    bool smallest = true;
    for (const auto& other : in_grid)
      for (std::size_t axis = 0; axis < rank; ++axis)
        if (other[axis] - in_grid[candidate][axis] < -1e-8) smallest = false;
    if (!smallest) continue;
    const auto world = times(from, corners[candidate]);
    return Vector3{world[0], world[1], world[2]};
  }
  return std::nullopt;
}

// Centre upon centre, by halves of the shapes.
Vector3 centred(const Shape& old_shape, const Shape& new_shape, const Affine& from, const Affine& to) {
  Vector3 result{};
  for (std::size_t i = 0; i < 3; ++i) {
    result[i] = from[i][3];
    for (std::size_t j = 0; j < old_shape.size(); ++j)
      result[i] +=
          from[i][j] * static_cast<double>(old_shape[j]) / 2 - to[i][j] * static_cast<double>(new_shape[j]) / 2;
  }
  return result;
}

// `from` and `to`: affines of the old and the new grid, their axes beyond the rank those of the identity.
Result<Extent> extent_of(const Shape& shape, const Affine& from, const Affine& to, bool scale_extent) {
  const auto rank = shape.size();
  const auto to_grid = solve(to, from);
  if (!to_grid) return Error{Errc::model, "the affine is singular"};
  const auto corners = corners_of(shape, scale_extent);
  std::vector<Point> in_grid;
  for (const auto& corner : corners) in_grid.push_back(times(*to_grid, corner));
  Extent result;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const auto [low, high] = std::minmax_element(in_grid.begin(), in_grid.end(),
                                                 [axis](const auto& a, const auto& b) { return a[axis] < b[axis]; });
    const double length = (*high)[axis] - (*low)[axis];
    const double voxels = std::nearbyint(scale_extent ? length : length + 1);
    if (!(voxels >= 1 && voxels <= 1e6))
      return Error{Errc::model, fmt::format("axis {} would have {} voxels", axis, voxels)};
    result.shape.push_back(static_cast<std::int64_t>(voxels));
  }
  const auto corner = first_corner(corners, in_grid, from, rank);
  result.origin = corner ? *corner : centred(shape, result.shape, from, to);
  if (!scale_extent) return result;
  Point shift{0, 0, 0, 1};
  for (std::size_t axis = 0; axis < rank; ++axis)
    shift[axis] = 0.5 * (static_cast<double>(shape[axis]) / static_cast<double>(result.shape[axis]) - 1);
  const auto shifted = times(from, shift);
  for (std::size_t i = 0; i < 3; ++i)
    result.origin[i] = result.origin[i] == 0 ? 0 : std::copysign(std::abs(shifted[i]), result.origin[i]);
  return result;
}

// One element, NaN where none was given.
double element(const std::vector<double>& values, std::size_t index) {
  return index < values.size() ? values[index] : std::nan("");
}

class Spacing : public SpatialTransform {
 public:
  explicit Spacing(Arguments& arguments) : SpatialTransform(arguments.key()) {
    arguments.unsupported({"lazy", "recompute_affine", "ensure_same_shape"});
    arguments.require("pixdim");
    pixdim_ = arguments.numbers("pixdim");
    if (pixdim_.empty() || pixdim_.size() > 3) arguments.refuse("pixdim", "must have one to three numbers");
    smallest_ = arguments.numbers("min_pixdim");
    largest_ = arguments.numbers("max_pixdim");
    diagonal_ = arguments.flag("diagonal", false);
    scale_extent_ = arguments.flag("scale_extent", false);
    options_.nearest = arguments.one_of("mode", "bilinear", {"bilinear", "nearest"}) == "nearest";
    options_.align_corners = arguments.flag("align_corners", false);
    const auto padding = arguments.one_of("padding_mode", "border", {"border", "zeros", "reflection"});
    options_.padding = padding == "zeros"    ? Padding::zeros
                       : padding == "border" ? Padding::border
                                             : Padding::reflection;
    if (const auto type = arguments.dtype("dtype"); type && *type != at::kDouble && *type != at::kFloat)
      arguments.refuse("dtype", "must be float64 or float32");
  }

  Result<Volume> undo(Volume volume, const Done& done, bool nearest) const override {
    auto options = options_;
    if (nearest) {
      options.nearest = true;
      options.align_corners = false;
    }
    INFERAD_TRY(const auto map, map_back(volume, done));
    volume.data = map ? resample(volume.data, *map, done.shape_before, options) : volume.data.to(at::kFloat);
    if (map) volume.affine = done.affine_before;
    return volume;
  }

  Result<Volume> undo_to_labels(Volume volume, const Done& done) const override {
    INFERAD_TRY(const auto map, map_back(volume, done));
    volume.data =
        map ? resample_argmax(volume.data, *map, done.shape_before, options_) : argmax_channels(volume.data, at::kByte);
    if (map) volume.affine = done.affine_before;
    return volume;
  }

  Result<Volume> undo_to_fractions(Volume volume, const Done& done) const override {
    INFERAD_TRY(const auto map, map_back(volume, done));
    volume.data = map ? resample_fractions(volume.data, *map, done.shape_before, options_) : to_fractions(volume.data);
    if (map) volume.affine = done.affine_before;
    return volume;
  }

 private:
  // Spacing of the result. What lies between the smallest and the largest that is accepted stays.
  Vector3 wanted(const Vector3& present, std::size_t rank) const {
    Vector3 result{1, 1, 1};
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const double target = axis < pixdim_.size() ? pixdim_[axis] : pixdim_.back();
      const double low = element(smallest_, axis), high = element(largest_, axis);
      const double least = std::isnan(low) ? target : std::min(low, target);
      const double most = std::isnan(high) ? target : std::max(high, target);
      const bool accepted = least - kTolerance <= present[axis] && present[axis] <= most + kTolerance;
      result[axis] = accepted || !(target > 0) ? present[axis] : target;
    }
    return result;
  }

  // From a voxel of the new grid to a place in the old one; none: they are the same as far as MONAI minds.
  static Result<std::optional<Affine>> map_between(const Affine& from, const Shape& shape, const Affine& to,
                                                   const Shape& new_shape) {
    const auto map = solve(from, to);
    if (!map) return Error{Errc::model, "the affine is singular"};
    const bool same = distance(from, to) <= kTolerance || distance(*map, kIdentity) <= kTolerance;
    return same && shape == new_shape ? std::optional<Affine>() : map;
  }

  static Result<std::optional<Affine>> map_back(const Volume& volume, const Done& done) {
    const auto shape = spatial_shape(volume);
    return map_between(leading_axes(volume.affine, shape.size()), shape, leading_axes(done.affine_before, shape.size()),
                       done.shape_before);
  }

  Status move(Volume& volume) const override {
    const auto shape = spatial_shape(volume);
    const auto from = leading_axes(volume.affine, shape.size());
    const auto spacing = wanted(spacing_of(from), shape.size());
    auto to = kIdentity;
    if (diagonal_) {
      for (std::size_t axis = 0; axis < shape.size(); ++axis) to[axis][axis] = spacing[axis];
    } else {
      const auto turned = rotation_with_spacing(from, spacing);
      if (!turned) return Error{Errc::model, "the affine is singular"};
      to = *turned;
    }
    INFERAD_TRY(const auto extent, extent_of(shape, from, to, scale_extent_));
    for (std::size_t i = 0; i < shape.size(); ++i) to[i][3] = extent.origin[i];
    INFERAD_TRY(const auto map, map_between(from, shape, to, extent.shape));
    auto data = map ? resample(volume.data, *map, extent.shape, options_) : volume.data.to(at::kFloat);
    record(volume, std::move(data), map.value_or(kIdentity));
    return ok();
  }

  std::vector<double> pixdim_, smallest_, largest_;
  bool diagonal_ = false, scale_extent_ = false;
  Resampling options_;
};

constexpr Maker kMakers[] = {{"Spacing", make<Spacing>}};

}  // namespace

std::span<const Maker> spacing_makers() { return kMakers; }

}  // namespace inferad::tensor
