// SPDX-License-Identifier: Apache-2.0
// Detectors as JSON (tests/torch/archetypes) on images whose truth is geometry: balls and discs at places that no voxel
// grid knows, noise, and things that are none.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/torch/archetypes.h"

using namespace inferad;
using namespace inferad::testing;

namespace {

struct Ball {
  Vec3 centre;
  double radius;
};

// The balls in the turned volume; a vessel of 2 mm runs through.
findings::Image volume(const std::vector<Ball>& balls) {
  auto image = turned_ct();
  const auto axis = at(image.geometry, 70, 30, 0);
  paint(
      image,
      [&](const Vec3& place) {
        for (const auto& ball : balls)
          if (distance(place, ball.centre) < ball.radius) return 60.0;
        return std::hypot(place[0] - axis[0], place[1] - axis[1]) < 1 ? 40.0 : -860.0;
      },
      25);
  return image;
}

std::vector<const findings::Finding*> located(const findings::Findings& report) {
  std::vector<const findings::Finding*> items;
  for (const auto& each : report.items)
    if (each.location) items.push_back(&each);
  return items;
}

}  // namespace

TEST_CASE("a detector of a volume finds balls where they are in the patient, whatever turned and resampled it") {
  const auto empty = volume({});
  const auto& geometry = empty.geometry;
  const std::vector<Ball> balls = {
      {at(geometry, 25.3, 30.6, 12.4), 6}, {at(geometry, 60.2, 60.7, 25.1), 4.5}, {at(geometry, 30.9, 65.1, 30.2), 5}};
  const auto image = volume(balls);
  const auto report = run("ct-blobs", image);
  const auto found = located(report);
  REQUIRE(found.size() == balls.size());
  for (const auto& ball : balls) {
    const auto nearest = *std::min_element(found.begin(), found.end(), [&](const auto* a, const auto* b) {
      return distance(a->location->centre, ball.centre) < distance(b->location->centre, ball.centre);
    });
    const auto& location = *nearest->location;
    INFO(nearest->id << ", ball of " << ball.radius);
    CHECK(distance(location.centre, ball.centre) < 1.5);
    CHECK(location.frame_of_reference_uid == "1.2.9");
    for (const auto& axis : location.half_axes)
      CHECK(std::hypot(axis[0], axis[1], axis[2]) == Approx(ball.radius).margin(1));
    CHECK(location.half_axes[0][1] / location.half_axes[0][0] == Approx(std::tan(20 * M_PI / 180)).margin(0.01));
    const int slice = static_cast<int>(std::lround((ball.centre[2] - 100) / 2));
    CHECK(std::abs(std::stoi(location.images.front().sop_instance_uid.substr(6)) - slice) <= 1);
    CHECK(location.images.size() >= 4);
    CHECK(nearest->measurements.at(1).value == Approx(2 * ball.radius).margin(2));
  }
  REQUIRE(report.priority);
  CHECK(report.priority->level == "HIGH");
  CHECK(report.priority->score == 3);
  const auto nothing = run("ct-blobs", empty);  // the vessel alone
  CHECK(located(nothing).empty());
  CHECK(nothing.items.back().presence == findings::Presence::absent);
  CHECK_FALSE(nothing.priority);
}

TEST_CASE("a detector of an image gives columns and rows, through a flip, a resize and pixels that are no squares") {
  findings::Image image;
  image.projection = true;
  image.modality = "DX", image.series_uid = "1.2.5", image.study_uid = "1.2.3";
  image.sources.push_back({"", "1.2.840.10008.5.1.4.1.1.1.1", "1.2.6", 1, {}});
  auto& geometry = image.geometry;
  geometry.columns = 320, geometry.rows = 200, geometry.slices = 1;
  geometry.spacing = {0.2, 0.3, 1};
  image.grey.lowest = 0, image.grey.highest = 4095;
  const std::vector<std::pair<double, double>> discs = {{60.4, 50.2}, {200.7, 150.1}, {250.2, 40.9}};  // column, row
  paint(
      image,
      [&](const Vec3& place) {
        for (const auto& [column, row] : discs)
          if (std::hypot(place[0] - column * 0.2, place[1] - row * 0.3) < 2.4) return 3600.0;
        return place[0] > 22 && place[0] < 24.5 ? 3600.0 : 400.0;  // a line, from edge to edge
      },
      60);
  const auto report = run("dx-spots", image);
  const auto found = located(report);
  REQUIRE(found.size() == discs.size());
  for (const auto& [column, row] : discs) {
    const bool there = std::any_of(found.begin(), found.end(), [&, c = column, r = row](const auto* each) {
      const auto& location = *each->location;
      return location.frame_of_reference_uid.empty() && location.form == findings::Location::Form::point &&
             std::abs(location.centre[0] - c - 0.5) < 3 && std::abs(location.centre[1] - r - 0.5) < 3 &&
             location.images.at(0).sop_instance_uid == "1.2.6";
    });
    INFO(column << ", " << row);
    CHECK(there);
  }
  CHECK(report.items.back().presence == findings::Presence::present);
}
