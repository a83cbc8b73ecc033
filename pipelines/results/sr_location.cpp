// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/sr_location.h"

#include <algorithm>

namespace inferad::results {

namespace {

using findings::Location;

const findings::CodedConcept kBoundedBy{"75958009", "SCT", "Bounded by"};

// centre + factors · half axes, the first `count` coordinates.
void append(std::vector<float>& data, const Location& location, const std::vector<double>& factors, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    double value = location.centre[i];
    for (std::size_t axis = 0; axis < factors.size(); ++axis) value += factors[axis] * location.half_axes[axis][i];
    data.push_back(static_cast<float>(value));
  }
}

// PS3.3 C.18.9.1.2: both ends of the longest axis, then of the next, then of the shortest.
std::vector<float> ellipsoid(Location location) {
  const auto square = [](const std::array<double, 3>& axis) {
    return axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2];
  };
  std::stable_sort(location.half_axes.begin(), location.half_axes.end(),
                   [&](const auto& a, const auto& b) { return square(a) > square(b); });
  std::vector<float> data;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    std::vector<double> factors(3, 0);
    for (const double sign : {-1.0, 1.0}) {
      factors[axis] = sign;
      append(data, location, factors, 3);
    }
  }
  return data;
}

std::vector<float> rectangle(const Location& location) {
  std::vector<float> data;
  for (const auto& factors : {std::vector<double>{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}})
    append(data, location, factors, 2);
  return data;
}

// Named only where the instance has several frames.
int frame_number(const ResultRequest& request, const findings::ImageReference& image) {
  if (image.frame > 1) return image.frame;
  if (request.image == nullptr) return 0;
  const auto& sources = request.image->sources;
  const auto frames = std::count_if(sources.begin(), sources.end(), [&](const findings::SourceSlice& slice) {
    return slice.sop_instance_uid == image.sop_instance_uid;
  });
  return frames > 1 ? image.frame : 0;
}

}  // namespace

std::string_view template_of(const Location& location) {
  return location.form == Location::Form::box && !location.frame_of_reference_uid.empty() ? "1411" : "1410";
}

void write_location(ContentItem& group, const ResultRequest& request, const Location& location) {
  constexpr auto kContains = Relationship::contains;
  const auto region = dcm("111030", "Image Region"), purpose = dcm("130400", "Geometric purpose of region");
  const bool box = location.form == Location::Form::box;
  if (box && !location.frame_of_reference_uid.empty()) {
    group.coordinates_3d(kContains, dcm("121231", "Volume Surface"), "ELLIPSOID", ellipsoid(location),
                         location.frame_of_reference_uid);
    group.uid(kContains, dcm("121232", "Source series for segmentation"), request.findings.series_uid);
    return;
  }
  group.code(kContains, purpose, box ? kBoundedBy : dcm("111010", "Center"));
  std::vector<float> point;
  if (!location.frame_of_reference_uid.empty()) {
    append(point, location, {}, 3);
    group.coordinates_3d(kContains, region, "POINT", point, location.frame_of_reference_uid);
    return;
  }
  append(point, location, {}, 2);
  const auto& image = location.images.front();
  group.coordinates(kContains, region, box ? "POLYLINE" : "POINT", box ? rectangle(location) : point, image,
                    frame_number(request, image));
}

}  // namespace inferad::results
