// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/sr_location.h"

#include <algorithm>

namespace inferad::results {

namespace {

using findings::Location;

constexpr auto kContains = Relationship::contains;
const findings::CodedConcept kBoundedBy{"75958009", "SCT", "Bounded by"};
const findings::CodedConcept kRegion = dcm("111030", "Image Region");

bool solid_box(const Location& location) {
  return location.form == Location::Form::box && !location.frame_of_reference_uid.empty();
}

// centre + factor · half axis
void append(std::vector<float>& data, const Location& location, double factor, std::size_t axis) {
  for (std::size_t i = 0; i < 3; ++i)
    data.push_back(static_cast<float>(location.centre[i] + factor * location.half_axes[axis][i]));
}

// PS3.3 C.18.9.1.2: both ends of the longest axis, then of the next, then of the shortest.
std::vector<float> ellipsoid(Location location) {
  const auto square = [](const std::array<double, 3>& axis) {
    return axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2];
  };
  std::stable_sort(location.half_axes.begin(), location.half_axes.end(),
                   [&](const auto& a, const auto& b) { return square(a) > square(b); });
  std::vector<float> data;
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (const double sign : {-1.0, 1.0}) append(data, location, sign, axis);
  return data;
}

std::vector<float> floats(const Outline& outline) {
  std::vector<float> data;
  for (const auto& point : outline.points)
    for (const double value : point) data.push_back(static_cast<float>(value));
  return data;
}

}  // namespace

std::optional<Region> Region::of(const ResultRequest& request, const Location& location, bool solid) {
  Region region(location);
  if (solid && !location.frame_of_reference_uid.empty()) return region;
  region.outlines_ = outlines_of(request, location);
  if (region.outlines_.empty()) return std::nullopt;
  return region;
}

std::string_view Region::template_id() const { return solid_box(*location_) ? "1411" : "1410"; }

void Region::write(ContentItem& group, const ResultRequest& request) const {
  const bool box = location_->form == Location::Form::box;
  if (!solid_box(*location_))
    group.code(kContains, dcm("130400", "Geometric purpose of region"), box ? kBoundedBy : dcm("111010", "Center"));
  for (const auto& outline : outlines_)
    group.coordinates(kContains, kRegion, box ? "POLYLINE" : "POINT", floats(outline), outline.image,
                      frame_to_name(request, outline.image));
  if (!outlines_.empty()) return;
  const auto& frame = location_->frame_of_reference_uid;
  if (box) {
    group.coordinates_3d(kContains, dcm("121231", "Volume Surface"), "ELLIPSOID", ellipsoid(*location_), frame);
    group.uid(kContains, dcm("121232", "Source series for segmentation"), request.findings.series_uid);
    return;
  }
  group.coordinates_3d(kContains, kRegion, "POINT", centre(), frame);
}

void Region::refer(ContentItem& number, const ResultRequest& request, const findings::CodedConcept& name) const {
  for (const auto& outline : outlines_)
    number.coordinates(Relationship::inferred_from, name, outline.points.size() > 1 ? "POLYLINE" : "POINT",
                       floats(outline), outline.image, frame_to_name(request, outline.image));
  if (outlines_.empty())
    number.coordinates_3d(Relationship::inferred_from, name, "POINT", centre(), location_->frame_of_reference_uid);
}

std::vector<float> Region::centre() const {
  std::vector<float> point;
  for (const double value : location_->centre) point.push_back(static_cast<float>(value));
  return point;
}

}  // namespace inferad::results
