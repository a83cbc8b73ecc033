// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/detections.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace inferad;
using namespace inferad::engine;
using findings::Location;
using recipe::Detection;

namespace {

constexpr ToPatient kIdentity{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};

Candidate box(const findings::Vec3& low, const findings::Vec3& high, double score, int label = 1) {
  return {low, high, score, label};
}
Candidate point(const findings::Vec3& place, double score, int label = 1) { return {place, place, score, label}; }

Detection boxes() {
  Detection detection;
  detection.score_min = 0.2;
  detection.labels = {{1, "nodule", "Nodule", {}, {}, {}}, {2, "node", "Node", {}, {}, {}}};
  return detection;
}

std::vector<double> scores_of(const std::vector<Candidate>& all, const Detection& detection,
                              const ToPatient& map = kIdentity) {
  std::vector<double> scores;
  for (const auto& each : select({all, map}, detection).kept) scores.push_back(each.score);
  return scores;
}

// 100 x 80 x 20 voxels of 0.5 x 0.5 x 2 mm, turned by 90 degrees about the third axis.
findings::Image turned_volume() {
  findings::Image image;
  auto& geometry = image.geometry;
  geometry.columns = 100, geometry.rows = 80, geometry.slices = 20;
  geometry.origin = {10, 20, 30};
  geometry.column_direction = {0, 1, 0};
  geometry.row_direction = {-1, 0, 0};
  geometry.spacing = {0.5, 0.5, 2};
  image.frame_of_reference_uid = "1.2.9";
  for (int k = 0; k < 20; ++k)
    image.sources.push_back({"", "1.2.840.10008.5.1.4.1.1.2", "1.2." + std::to_string(k), 1, {}});
  return image;
}

// Voxels of the source itself.
ToPatient map_of(const findings::Geometry& geometry) {
  ToPatient map{};
  const findings::Vec3* directions[] = {&geometry.column_direction, &geometry.row_direction, &geometry.slice_direction};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t axis = 0; axis < 3; ++axis) map[row][axis] = (*directions[axis])[row] * geometry.spacing[axis];
    map[row][3] = geometry.origin[row];
  }
  return map;
}

}  // namespace

TEST_CASE("overlap is the share of what two boxes cover that both cover") {
  const auto one = box({0, 0, 0}, {2, 2, 2}, 1);
  CHECK(overlap(one, one) == 1);
  CHECK(overlap(one, box({1, 0, 0}, {3, 2, 2}, 1)) == Approx(4.0 / 12));
  CHECK(overlap(one, box({2, 0, 0}, {4, 2, 2}, 1)) == 0);
  CHECK(overlap(one, box({0.5, 0.5, 0.5}, {1.5, 1.5, 1.5}, 1)) == Approx(1.0 / 8));
  CHECK(overlap(box({1, 1, 1}, {1, 1, 1}, 1), box({1, 1, 1}, {1, 1, 1}, 1)) == 0);
}

TEST_CASE("the best box of a heap is kept, and those of other labels beside it") {
  const std::vector<Candidate> all = {box({0, 0, 0}, {10, 10, 10}, 0.6),  box({1, 0, 0}, {11, 10, 10}, 0.9),
                                      box({2, 0, 0}, {12, 10, 10}, 0.7),  box({1, 0, 0}, {11, 10, 10}, 0.5, 2),
                                      box({30, 0, 0}, {40, 10, 10}, 0.3), box({60, 0, 0}, {70, 10, 10}, 0.1)};
  CHECK(scores_of(all, boxes()) == std::vector<double>{0.9, 0.5, 0.3});
  auto detection = boxes();
  detection.overlap_max = 1;  // nothing hides anything
  CHECK(scores_of(all, detection) == std::vector<double>{0.9, 0.7, 0.6, 0.5, 0.3});
  detection.labels.pop_back();  // label 2 is nothing we know
  CHECK(scores_of(all, detection) == std::vector<double>{0.9, 0.7, 0.6, 0.3});
}

TEST_CASE("suppression goes by what was kept, not by what was dropped itself") {
  // b overlaps a and c, which do not overlap each other.
  const std::vector<Candidate> all = {box({0, 0, 0}, {10, 1, 1}, 0.9), box({5, 0, 0}, {15, 1, 1}, 0.8),
                                      box({10, 0, 0}, {20, 1, 1}, 0.7)};
  auto detection = boxes();
  detection.overlap_max = 0.2;
  CHECK(scores_of(all, detection) == std::vector<double>{0.9, 0.7});
}

TEST_CASE("no more than the limit are kept, and whether there were more is told") {
  std::vector<Candidate> all;
  for (int i = 0; i < 5; ++i) all.push_back(box({i * 20.0, 0, 0}, {i * 20.0 + 10, 10, 10}, 0.5 + i * 0.1));
  auto detection = boxes();
  detection.count_max = 5;
  CHECK_FALSE(select({all, kIdentity}, detection).more);
  detection.count_max = 3;
  CHECK(select({all, kIdentity}, detection).more);
  CHECK(scores_of(all, detection).size() == 3);
  CHECK(scores_of(all, detection).front() == Approx(0.9));
  all.push_back(all.back());  // hidden by its twin: that is not "more"
  detection.count_max = 5;
  CHECK_FALSE(select({all, kIdentity}, detection).more);
}

TEST_CASE("points are apart in millimetres, whatever the voxels are") {
  auto detection = boxes();
  detection.form = Detection::Form::point;
  detection.distance_min_mm = 6;
  const std::vector<Candidate> all = {point({0, 0, 0}, 0.9), point({10, 0, 0}, 0.8), point({0, 0, 2}, 0.7)};
  CHECK(scores_of(all, detection) == std::vector<double>{0.9, 0.8});
  constexpr ToPatient flat{{{0.5, 0, 0, 0}, {0, 0.5, 0, 0}, {0, 0, 5, 0}}};
  CHECK(scores_of(all, detection, flat) == std::vector<double>{0.9, 0.7});
}

TEST_CASE("a box lies where its voxels lie in the patient, and names the slices that it reaches") {
  const auto image = turned_volume();
  const auto map = map_of(image.geometry);
  const auto location = locate(box({9.5, 19.5, 4.5}, {29.5, 29.5, 7.5}, 1), map, image);
  REQUIRE(location);
  CHECK(location->form == Location::Form::box);
  CHECK(location->frame_of_reference_uid == "1.2.9");
  CHECK(location->centre[0] == Approx(10 - 24.5 * 0.5));
  CHECK(location->centre[1] == Approx(20 + 19.5 * 0.5));
  CHECK(location->centre[2] == Approx(30 + 6 * 2));
  REQUIRE(location->half_axes.size() == 3);
  CHECK(location->half_axes[0] == findings::Vec3{0, 5, 0});
  CHECK(location->half_axes[1] == findings::Vec3{-2.5, 0, 0});
  CHECK(location->half_axes[2] == findings::Vec3{0, 0, 3});
  std::vector<std::string> uids;
  for (const auto& each : location->images) uids.push_back(each.sop_instance_uid);
  CHECK(uids == std::vector<std::string>{"1.2.6", "1.2.5", "1.2.7"});
  CHECK(longest_edge_mm(box({9.5, 19.5, 4.5}, {29.5, 29.5, 7.5}, 1), map) == Approx(10));
}

TEST_CASE(
    "without a frame of reference, places are columns and rows of the slice, from the corner of its first pixel") {
  auto image = turned_volume();
  const auto map = map_of(image.geometry);
  image.frame_of_reference_uid.clear();
  const auto location = locate(box({9.5, 19.5, 4.5}, {29.5, 29.5, 7.5}, 1), map, image);
  REQUIRE(location);
  CHECK(location->centre[0] == Approx(20));
  CHECK(location->centre[1] == Approx(25));
  CHECK(location->half_axes.size() == 2);
  CHECK(location->half_axes[0][0] == Approx(10));
  CHECK(location->half_axes[1][1] == Approx(5));
  const auto spot = locate(point({0, 0, 3}, 1), map, image);
  REQUIRE(spot);
  CHECK(spot->form == Location::Form::point);
  CHECK(spot->centre[0] == Approx(0.5));
  CHECK(spot->images.size() == 1);
  CHECK(spot->images[0].sop_instance_uid == "1.2.3");
}

TEST_CASE("what lies outside the image has no place") {
  const auto image = turned_volume();
  const auto map = map_of(image.geometry);
  CHECK(locate(point({99.4, 79.4, 19.4}, 1), map, image));
  CHECK_FALSE(locate(point({99.6, 0, 0}, 1), map, image));
  CHECK_FALSE(locate(point({0, -0.6, 0}, 1), map, image));
  CHECK_FALSE(locate(point({0, 0, 19.6}, 1), map, image));
  // Beyond the last slice it still names only slices that are there.
  const auto edge = locate(box({1, 1, 17}, {5, 5, 21}, 1), map, image);
  REQUIRE(edge);
  CHECK(edge->images.front().sop_instance_uid == "1.2.19");
  CHECK(edge->images.size() == 3);
}
