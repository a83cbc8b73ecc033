// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/planar.h"

#include <algorithm>
#include <cmath>

namespace inferad::results {

namespace {

using findings::Location;
using findings::Vec3;
using Point = std::array<double, 2>;

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

std::vector<Point> rectangle(double left, double top, double right, double bottom) {
  return {{left, top}, {right, top}, {right, bottom}, {left, bottom}, {left, top}};
}

std::vector<Point> own_points(const Location& location) {
  if (location.form == Location::Form::point) return {{location.centre[0], location.centre[1]}};
  std::vector<Point> points;
  for (const auto& [a, b] : {std::pair{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}}) {
    auto& point = points.emplace_back();
    for (std::size_t i = 0; i < 2; ++i)
      point[i] = location.centre[i] + a * location.half_axes[0][i] + b * location.half_axes[1][i];
  }
  return points;
}

// Centre and half extent of the place along each axis of the voxel grid, in voxels: column, row, slice.
struct OnGrid {
  Vec3 centre{}, half{};
};

OnGrid on_grid(const findings::Geometry& geometry, const Location& location) {
  OnGrid place;
  Vec3 from_origin{};
  for (std::size_t i = 0; i < 3; ++i) from_origin[i] = location.centre[i] - geometry.origin[i];
  const std::array directions{geometry.column_direction, geometry.row_direction, geometry.slice_direction};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    place.centre[axis] = dot(from_origin, directions[axis]) / geometry.spacing[axis];
    for (const auto& half : location.half_axes)
      place.half[axis] += std::abs(dot(half, directions[axis])) / geometry.spacing[axis];
  }
  return place;
}

// Slices whose plane cuts it; when it lies between two planes, the nearest.
std::pair<int, int> reached_slices(const OnGrid& place, int count) {
  constexpr double kRounding = 1e-6;
  const auto first = static_cast<int>(std::ceil(place.centre[2] - place.half[2] - kRounding));
  const auto last = static_cast<int>(std::floor(place.centre[2] + place.half[2] + kRounding));
  if (first <= last) return {std::max(first, 0), std::min(last, count - 1)};
  const auto nearest = static_cast<int>(std::lround(place.centre[2]));
  return nearest >= 0 && nearest < count ? std::pair(nearest, nearest) : std::pair(0, -1);
}

}  // namespace

std::vector<ShownSlice> slices_of(const ResultRequest& request) {
  std::vector<ShownSlice> slices;
  const auto add = [&](const findings::Image& image) {
    for (int i = 0; i < static_cast<int>(image.sources.size()); ++i) slices.push_back({&image, i});
  };
  if (request.image) add(*request.image);
  for (const auto& view : request.views) add(view);
  return slices;
}

std::optional<std::size_t> slice_at(const std::vector<ShownSlice>& slices, const findings::ImageReference& image) {
  const auto found = std::find_if(slices.begin(), slices.end(), [&](const ShownSlice& each) {
    return each.source().sop_instance_uid == image.sop_instance_uid && each.source().frame == image.frame;
  });
  if (found == slices.end()) return std::nullopt;
  return static_cast<std::size_t>(found - slices.begin());
}

std::vector<Outline> outlines_of(const ResultRequest& request, const Location& location) {
  if (location.frame_of_reference_uid.empty()) return {{location.images.front(), own_points(location)}};
  if (request.image == nullptr || request.image->projection) return {};
  const auto& geometry = request.image->geometry;
  const auto place = on_grid(geometry, location);
  const double column = place.centre[0] + 0.5, row = place.centre[1] + 0.5;  // SCOORD counts from the pixel's corner
  if (column < 0 || row < 0 || column > geometry.columns || row > geometry.rows) return {};
  const auto [first, last] = reached_slices(place, geometry.slices);
  std::vector<Outline> outlines;
  for (int slice = first; slice <= last; ++slice) {
    const auto& source = request.image->sources[static_cast<std::size_t>(slice)];
    auto& outline = outlines.emplace_back();
    outline.image = {source.sop_class_uid, source.sop_instance_uid, source.frame};
    if (location.form == Location::Form::point)
      outline.points = {{column, row}};
    else
      outline.points =
          rectangle(column - place.half[0], row - place.half[1], column + place.half[0], row + place.half[1]);
  }
  return outlines;
}

int frame_to_name(const ResultRequest& request, const findings::ImageReference& image) {
  if (image.frame > 1) return image.frame;
  if (request.image == nullptr) return 0;
  const auto& sources = request.image->sources;
  const auto frames = std::count_if(sources.begin(), sources.end(), [&](const findings::SourceSlice& slice) {
    return slice.sop_instance_uid == image.sop_instance_uid;
  });
  return frames > 1 ? image.frame : 0;
}

}  // namespace inferad::results
