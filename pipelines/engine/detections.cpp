// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/detections.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace inferad::engine {

namespace {

using findings::Location;
using findings::Vec3;

Vec3 middle_of(const Candidate& candidate) {
  Vec3 middle;
  for (std::size_t axis = 0; axis < 3; ++axis) middle[axis] = (candidate.low[axis] + candidate.high[axis]) / 2;
  return middle;
}

Vec3 moved(const ToPatient& map, const Vec3& voxel) {
  Vec3 place;
  for (std::size_t row = 0; row < 3; ++row)
    place[row] = map[row][0] * voxel[0] + map[row][1] * voxel[1] + map[row][2] * voxel[2] + map[row][3];
  return place;
}

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

double volume_of(const Candidate& box) {
  double volume = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) volume *= box.high[axis] - box.low[axis];
  return volume;
}

// Column, row and slice of the source, as fractions.
Vec3 voxel_of(const findings::Geometry& geometry, const Vec3& place) {
  Vec3 offset;
  for (std::size_t axis = 0; axis < 3; ++axis) offset[axis] = place[axis] - geometry.origin[axis];
  return {dot(offset, geometry.column_direction) / geometry.spacing[0],
          dot(offset, geometry.row_direction) / geometry.spacing[1],
          dot(offset, geometry.slice_direction) / geometry.spacing[2]};
}

// What the corners span in the source's voxels.
std::pair<Vec3, Vec3> span_of(const Candidate& candidate, const ToPatient& map, const findings::Geometry& geometry) {
  Vec3 low, high;
  low.fill(std::numeric_limits<double>::max());
  high.fill(std::numeric_limits<double>::lowest());
  for (unsigned corner = 0; corner < 8; ++corner) {
    Vec3 voxel;
    for (std::size_t axis = 0; axis < 3; ++axis)
      voxel[axis] = (corner >> axis) % 2 == 0 ? candidate.low[axis] : candidate.high[axis];
    const auto place = voxel_of(geometry, moved(map, voxel));
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], place[axis]);
      high[axis] = std::max(high[axis], place[axis]);
    }
  }
  return {low, high};
}

bool is_box(const Candidate& candidate) { return candidate.low != candidate.high; }

findings::ImageReference reference_to(const findings::SourceSlice& slice) {
  return {slice.sop_class_uid, slice.sop_instance_uid, slice.frame};
}

// The slice at the centre first, then the others that the box reaches, in their order.
std::vector<findings::ImageReference> images_of(const findings::Image& image, double centre, double low, double high) {
  const int last = static_cast<int>(image.sources.size()) - 1;
  const auto slice = [&](double at) { return std::clamp(static_cast<int>(std::lround(at)), 0, last); };
  const int middle = slice(centre);
  std::vector<findings::ImageReference> images{reference_to(image.sources[static_cast<std::size_t>(middle)])};
  // A slice reaches half its thickness to both sides; the bound keeps a box that ends where a slice ends out of it.
  for (int k = slice(low + 1e-6); k <= slice(high - 1e-6); ++k)
    if (k != middle) images.push_back(reference_to(image.sources[static_cast<std::size_t>(k)]));
  return images;
}

}  // namespace

double overlap(const Candidate& a, const Candidate& b) {
  double common = 1;
  for (std::size_t axis = 0; axis < 3; ++axis)
    common *= std::max(0.0, std::min(a.high[axis], b.high[axis]) - std::max(a.low[axis], b.low[axis]));
  const double together = volume_of(a) + volume_of(b) - common;
  return together > 0 ? common / together : 0;
}

Selection select(const Candidates& candidates, const recipe::Detection& detection) {
  const auto known = [&](int value) {
    return std::any_of(detection.labels.begin(), detection.labels.end(),
                       [&](const recipe::DetectionLabel& label) { return label.value == value; });
  };
  std::vector<Candidate> sorted;
  for (const auto& each : candidates.all)
    if (each.score >= detection.score_min && known(each.label)) sorted.push_back(each);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  const auto hides = [&](const Candidate& better, const Candidate& other) {
    if (better.label != other.label) return false;
    if (detection.form != recipe::Detection::Form::point) return overlap(better, other) > detection.overlap_max;
    auto apart = moved(candidates.to_patient, better.low);
    const auto place = moved(candidates.to_patient, other.low);
    for (std::size_t axis = 0; axis < 3; ++axis) apart[axis] -= place[axis];
    return std::sqrt(dot(apart, apart)) < detection.distance_min_mm;
  };
  Selection selection;
  for (const auto& each : sorted) {
    const bool hidden = std::any_of(selection.kept.begin(), selection.kept.end(),
                                    [&](const Candidate& better) { return hides(better, each); });
    if (hidden) continue;
    selection.more = selection.kept.size() == static_cast<std::size_t>(detection.count_max);
    if (selection.more) break;
    selection.kept.push_back(each);
  }
  return selection;
}

std::optional<Location> locate(const Candidate& candidate, const ToPatient& to_patient, const findings::Image& image) {
  const auto& geometry = image.geometry;
  const std::array<int, 3> sizes{geometry.columns, geometry.rows, geometry.slices};
  const auto centre = moved(to_patient, middle_of(candidate));
  const auto voxel = voxel_of(geometry, centre);
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (voxel[axis] < -0.5 || voxel[axis] > sizes[axis] - 0.5) return std::nullopt;
  if (image.sources.empty()) return std::nullopt;
  const auto [low, high] = span_of(candidate, to_patient, geometry);
  Location location;
  location.form = is_box(candidate) ? Location::Form::box : Location::Form::point;
  location.images = images_of(image, voxel[2], low[2], high[2]);
  const bool box = location.form == Location::Form::box;
  if (image.projection || image.frame_of_reference_uid.empty()) {
    location.centre = {voxel[0] + 0.5, voxel[1] + 0.5, 0};  // (0, 0) is a corner there
    if (box) {
      location.centre = {(low[0] + high[0] + 1) / 2, (low[1] + high[1] + 1) / 2, 0};
      location.half_axes = {{(high[0] - low[0]) / 2, 0, 0}, {0, (high[1] - low[1]) / 2, 0}};
    }
    return location;
  }
  location.frame_of_reference_uid = image.frame_of_reference_uid;
  location.centre = centre;
  for (std::size_t axis = 0; box && axis < 3; ++axis) {
    const double half = (candidate.high[axis] - candidate.low[axis]) / 2;
    location.half_axes.push_back({to_patient[0][axis] * half, to_patient[1][axis] * half, to_patient[2][axis] * half});
  }
  return location;
}

double longest_edge_mm(const Candidate& candidate, const ToPatient& to_patient) {
  double longest = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Vec3 direction{to_patient[0][axis], to_patient[1][axis], to_patient[2][axis]};
    longest = std::max(longest, std::sqrt(dot(direction, direction)) * (candidate.high[axis] - candidate.low[axis]));
  }
  return longest;
}

}  // namespace inferad::engine
