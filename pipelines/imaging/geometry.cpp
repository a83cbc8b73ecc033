// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

namespace inferad::imaging {

namespace {

using findings::Vec3;

constexpr double kCoordinateMax = 1e5;  // mm: anything beyond 100 m is not a position
constexpr double kSpacingMax = 1e3;

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
double length(const Vec3& a) { return std::sqrt(dot(a, a)); }
Vec3 minus(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
Vec3 scaled(const Vec3& a, double factor) { return {a[0] * factor, a[1] * factor, a[2] * factor}; }
Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
Vec3 column_direction(const SliceHeader& slice) {
  const auto& o = *slice.orientation;
  return {o[0], o[1], o[2]};
}
Vec3 row_direction(const SliceHeader& slice) {
  const auto& o = *slice.orientation;
  return {o[3], o[4], o[5]};
}

bool within(double value, double most) { return std::isfinite(value) && std::abs(value) <= most; }

std::string where(std::size_t index, std::size_t count) { return fmt::format("image {} of {}", index + 1, count); }

std::optional<Refusal> check_attributes(const SliceHeader& slice, const std::string& name, double tolerance) {
  if (!slice.position) return refuse(refusal::kNoGeometry, name + " has no usable Image Position (Patient)");
  if (!slice.orientation) return refuse(refusal::kNoGeometry, name + " has no usable Image Orientation (Patient)");
  if (!slice.pixel_spacing) return refuse(refusal::kNoGeometry, name + " has no usable Pixel Spacing");
  for (const double value : *slice.position) {
    if (!within(value, kCoordinateMax)) return refuse(refusal::kBadGeometry, name + ": position out of range");
  }
  for (const double value : *slice.pixel_spacing) {
    if (!(within(value, kSpacingMax) && value > 0)) {
      return refuse(refusal::kBadGeometry, fmt::format("{}: pixel spacing {} mm", name, value));
    }
  }
  const auto column = column_direction(slice), row = row_direction(slice);
  const double skew = std::max({std::abs(length(column) - 1), std::abs(length(row) - 1), std::abs(dot(column, row))});
  if (!(skew <= 10 * tolerance)) {
    return refuse(refusal::kBadGeometry, name + ": orientation is not two perpendicular unit vectors");
  }
  return std::nullopt;
}

std::optional<Refusal> check_alike(const SliceHeader& slice, const SliceHeader& first, const std::string& name,
                                   const GeometryTolerance& tolerance) {
  if (slice.series_uid != first.series_uid || slice.study_uid != first.study_uid || slice.modality != first.modality) {
    return refuse(refusal::kMixedSeries, name + " belongs to another series than the first");
  }
  if (slice.frame_of_reference_uid != first.frame_of_reference_uid) {
    return refuse(refusal::kMixedFrame, name + " has another frame of reference than the first");
  }
  if (slice.rows != first.rows || slice.columns != first.columns) {
    return refuse(refusal::kMixedSize, fmt::format("{} has {} x {} pixels, the first {} x {}", name, slice.columns,
                                                   slice.rows, first.columns, first.rows));
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const double one = (*slice.pixel_spacing)[i], other = (*first.pixel_spacing)[i];
    if (std::abs(one - other) > tolerance.pixel_spacing * other) {
      return refuse(refusal::kMixedSpacing,
                    fmt::format("{} has a pixel spacing of {} mm, the first {} mm", name, one, other));
    }
  }
  for (std::size_t i = 0; i < 6; ++i) {
    if (std::abs((*slice.orientation)[i] - (*first.orientation)[i]) > tolerance.direction) {
      return refuse(refusal::kMixedOrientation, name + " has another orientation than the first");
    }
  }
  return std::nullopt;
}

// Grid without distances: unit vectors from the first slice.
findings::Geometry plane_of(const SliceHeader& first, std::size_t count) {
  findings::Geometry grid;
  grid.columns = first.columns;
  grid.rows = first.rows;
  grid.slices = static_cast<int>(count);
  const auto column = column_direction(first);
  grid.column_direction = scaled(column, 1 / length(column));
  const auto normal = cross(grid.column_direction, row_direction(first));
  grid.slice_direction = scaled(normal, 1 / length(normal));
  grid.row_direction = cross(grid.slice_direction, grid.column_direction);
  grid.spacing = {(*first.pixel_spacing)[1], (*first.pixel_spacing)[0], 0};
  return grid;
}

double across_of(const Vec3& step, const Vec3& normal) {
  return length(minus(step, scaled(normal, dot(step, normal))));
}

std::optional<Refusal> check_tilt(const Vec3& span, const Vec3& normal, double degrees_max) {
  const double along = std::abs(dot(span, normal));
  const double across = across_of(span, normal);
  const double degrees = std::atan2(across, along) * 180 / std::numbers::pi;
  if (degrees <= degrees_max) return std::nullopt;
  return refuse(
      refusal::kGantryTilt,
      fmt::format("slices are stacked at {:.1f} degrees to their normal, at most {:.1f}", degrees, degrees_max));
}

// One slice after the other: the whole stack can be straight and some of its slices beside it.
std::optional<Refusal> check_sideways(std::span<const SliceHeader> slices, const Stack& stack,
                                      const GeometryTolerance& tolerance) {
  const double slope = std::tan(tolerance.tilt_degrees * std::numbers::pi / 180);
  for (std::size_t k = 1; k < stack.order.size(); ++k) {
    const auto step = minus(*slices[stack.order[k]].position, *slices[stack.order[k - 1]].position);
    const double across = across_of(step, stack.geometry.slice_direction);
    if (across > std::max(tolerance.sideways_mm, slope * length(step)))
      return refuse(refusal::kIrregular, fmt::format("{} lies {:.3f} mm sideways of its neighbour",
                                                     where(stack.order[k], slices.size()), across));
  }
  return std::nullopt;
}

std::vector<double> steps_between(const std::vector<double>& heights) {
  std::vector<double> steps;
  for (std::size_t k = 1; k < heights.size(); ++k) steps.push_back(heights[k] - heights[k - 1]);
  return steps;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// How many slices are missing in a step; nullopt when the step is no multiple of the usual distance.
std::optional<long> missing_in(double step, double usual, double slack) {
  const long multiple = std::max(1L, std::lround(step / usual));
  const double whole = static_cast<double>(multiple);
  return std::abs(step - usual * whole) <= slack * whole ? std::optional(multiple - 1) : std::nullopt;
}

// How many slices lie at each position, from the lowest on. `heights`: along the normal, ascending.
std::vector<std::size_t> slices_at_positions(const std::vector<double>& heights, double apart_mm) {
  std::vector<std::size_t> counts{1};
  for (std::size_t k = 1; k < heights.size(); ++k) {
    if (heights[k] - heights[k - 1] < apart_mm)
      ++counts.back();
    else
      counts.push_back(1);
  }
  return counts;
}

std::optional<Refusal> check_positions(const std::vector<double>& heights, double apart_mm) {
  const auto counts = slices_at_positions(heights, apart_mm);
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  if (*most == 1) return std::nullopt;
  if (*least == *most && counts.size() > 1) {
    return refuse(refusal::kMultiPhase,
                  fmt::format("each of {} positions has {} images: phases, echoes or other volumes in one series",
                              counts.size(), *most));
  }
  if (counts.size() == 1)
    return refuse(refusal::kDuplicatePosition, fmt::format("all {} images lie at one position", *most));
  const auto shared = std::count_if(counts.begin(), counts.end(), [](std::size_t count) { return count > 1; });
  return refuse(refusal::kDuplicatePosition,
                fmt::format("{} of {} positions have more than one image, up to {}", shared, counts.size(), *most));
}

// Two phases can lie between each other at regular distances, too.
std::optional<Refusal> check_phases(std::span<const SliceHeader> slices) {
  for (std::size_t i = 1; i < slices.size(); ++i)
    if (slices[i].phase != slices[0].phase)
      return refuse(refusal::kMultiPhase, where(i, slices.size()) +
                                              " has another temporal position, echo or b-value than the first: several "
                                              "volumes in one series");
  return std::nullopt;
}

// `heights`: positions along the normal, ascending, at least two.
std::optional<Refusal> check_distances(const std::vector<double>& heights, const GeometryTolerance& tolerance) {
  const auto steps = steps_between(heights);
  const double usual = median(steps);
  const double slack = std::max(tolerance.slice_distance * usual, tolerance.slice_distance_mm);
  const auto [least, most] = std::minmax_element(steps.begin(), steps.end());
  long missing = 0;
  for (const double step : steps) {
    const auto gap = missing_in(step, usual, slack);
    if (!gap) {
      return refuse(refusal::kIrregular, fmt::format("slice distances range from {:.3f} to {:.3f} mm", *least, *most));
    }
    missing += *gap;
  }
  if (missing == 0) return std::nullopt;
  return refuse(refusal::kSliceGap, fmt::format("{} of {} slices are missing (slice distance {:.3f} mm)", missing,
                                                heights.size() + static_cast<std::size_t>(missing), usual));
}

std::optional<Refusal> check_slices(std::span<const SliceHeader> slices, const GeometryTolerance& tolerance) {
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const auto name = where(i, slices.size());
    if (auto refusal = check_attributes(slices[i], name, tolerance.direction)) return refusal;
    if (auto refusal = check_alike(slices[i], slices[0], name, tolerance)) return refusal;
  }
  return std::nullopt;
}

}  // namespace

OrRefusal<Stack> stack_slices(std::span<const SliceHeader> slices, const GeometryTolerance& tolerance) {
  if (slices.empty()) return refuse(refusal::kNoImages, "the series has no images");
  if (auto refusal = check_slices(slices, tolerance)) return std::move(*refusal);
  if (slices.size() < 2) return refuse(refusal::kTooFewSlices, "the series has 1 image, a volume needs at least 2");

  Stack stack{plane_of(slices[0], slices.size()), std::vector<std::size_t>(slices.size())};
  auto& grid = stack.geometry;
  const auto height = [&](std::size_t i) { return dot(*slices[i].position, grid.slice_direction); };
  std::iota(stack.order.begin(), stack.order.end(), std::size_t{0});
  std::stable_sort(stack.order.begin(), stack.order.end(),
                   [&](std::size_t a, std::size_t b) { return height(a) < height(b); });
  std::vector<double> heights(slices.size());
  std::transform(stack.order.begin(), stack.order.end(), heights.begin(), height);

  if (auto refusal = check_positions(heights, tolerance.slice_distance_mm)) return std::move(*refusal);
  if (auto refusal = check_phases(slices)) return std::move(*refusal);
  if (auto refusal = check_distances(heights, tolerance)) return std::move(*refusal);
  grid.origin = *slices[stack.order.front()].position;
  const auto span = minus(*slices[stack.order.back()].position, grid.origin);
  if (auto refusal = check_tilt(span, grid.slice_direction, tolerance.tilt_degrees)) return std::move(*refusal);
  if (auto refusal = check_sideways(slices, stack, tolerance)) return std::move(*refusal);
  grid.spacing[2] = (heights.back() - heights.front()) / static_cast<double>(slices.size() - 1);
  return stack;
}

}  // namespace inferad::imaging
