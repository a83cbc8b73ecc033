// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/geometry.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

namespace inferad::imaging {
namespace {

using Slices = std::vector<SliceHeader>;

Slices axial(int count = 12, double distance = 2.5) {
  Slices slices(static_cast<std::size_t>(count));
  for (int k = 0; k < count; ++k) {
    auto& slice = slices[static_cast<std::size_t>(k)];
    slice.series_uid = "2.25.2";
    slice.study_uid = "2.25.1";
    slice.frame_of_reference_uid = "2.25.3";
    slice.modality = "CT";
    slice.rows = 14;
    slice.columns = 18;
    slice.position = {-10, -20, 100 + distance * k};
    slice.orientation = {1, 0, 0, 0, 1, 0};
    slice.pixel_spacing = {0.7, 0.6};
  }
  return slices;
}

const Stack& accepted(const OrRefusal<Stack>& outcome) {
  if (const auto* refusal = std::get_if<Refusal>(&outcome)) FAIL(refusal->reason.value << ": " << refusal->text);
  return std::get<Stack>(outcome);
}

TEST_CASE("slices are ordered by position along their normal, not by file") {
  auto slices = axial();
  std::reverse(slices.begin(), slices.end());
  std::swap(slices[2], slices[7]);
  const auto outcome = stack_slices(slices);
  const auto& stack = accepted(outcome);
  for (std::size_t k = 0; k < slices.size(); ++k) {
    CHECK((*slices[stack.order[k]].position)[2] == Approx(100 + 2.5 * static_cast<double>(k)));
  }
  CHECK(stack.geometry.origin == findings::Vec3{-10, -20, 100});
  CHECK(stack.geometry.spacing[0] == 0.6);  // between columns
  CHECK(stack.geometry.spacing[1] == 0.7);  // between rows
  CHECK(stack.geometry.spacing[2] == Approx(2.5));
  CHECK(stack.geometry.columns == 18);
  CHECK(stack.geometry.rows == 14);
  CHECK(stack.geometry.slices == 12);
}

TEST_CASE("coronal and oblique series are volumes too: the normal decides") {
  auto slices = axial();
  const double c = std::cos(0.3), s = std::sin(0.3);
  for (std::size_t k = 0; k < slices.size(); ++k) {
    const double along = 1.25 * static_cast<double>(k);
    slices[k].orientation = {1, 0, 0, 0, c, s};
    slices[k].position = {5, 7 - s * along, 9 + c * along};
  }
  const auto outcome = stack_slices(slices);
  const auto& stack = accepted(outcome);
  CHECK(stack.geometry.spacing[2] == Approx(1.25));
  CHECK(stack.geometry.slice_direction[1] == Approx(-s));
  CHECK(stack.geometry.slice_direction[2] == Approx(c));
}

TEST_CASE("rounded positions of real scanners are regular enough") {
  auto slices = axial(40, 0.625);
  for (auto& slice : slices) (*slice.position)[2] = std::round((*slice.position)[2] * 100) / 100;
  CHECK(accepted(stack_slices(slices)).geometry.spacing[2] == Approx(0.625).epsilon(0.001));
}

struct Broken {
  const char* code;
  const char* what;
  std::function<void(Slices&)> breakage;
};

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const std::vector<Broken> kMatrix{
    {"NO_IMAGES", "no slice", [](Slices& s) { s.clear(); }},
    {"TOO_FEW_SLICES", "one slice", [](Slices& s) { s.resize(1); }},
    {"NO_GEOMETRY", "no position", [](Slices& s) { s[3].position.reset(); }},
    {"NO_GEOMETRY", "no orientation", [](Slices& s) { s[0].orientation.reset(); }},
    {"NO_GEOMETRY", "no pixel spacing", [](Slices& s) { s[11].pixel_spacing.reset(); }},
    {"BAD_GEOMETRY", "position is NaN", [](Slices& s) { (*s[3].position)[1] = kNan; }},
    {"BAD_GEOMETRY", "position is infinite", [](Slices& s) { (*s[3].position)[2] = HUGE_VAL; }},
    {"BAD_GEOMETRY", "position in another building", [](Slices& s) { (*s[3].position)[0] = 1e9; }},
    {"BAD_GEOMETRY", "zero pixel spacing",
     [](Slices& s) {
       for (auto& x : s) (*x.pixel_spacing)[0] = 0;
     }},
    {"BAD_GEOMETRY", "negative pixel spacing",
     [](Slices& s) {
       for (auto& x : s) (*x.pixel_spacing)[1] = -0.7;
     }},
    {"BAD_GEOMETRY", "NaN pixel spacing",
     [](Slices& s) {
       for (auto& x : s) (*x.pixel_spacing)[1] = kNan;
     }},
    {"BAD_GEOMETRY", "zero orientation",
     [](Slices& s) {
       for (auto& x : s) x.orientation = {0, 0, 0, 0, 0, 0};
     }},
    {"BAD_GEOMETRY", "parallel orientation",
     [](Slices& s) {
       for (auto& x : s) x.orientation = {1, 0, 0, 1, 0, 0};
     }},
    {"BAD_GEOMETRY", "NaN orientation",
     [](Slices& s) {
       for (auto& x : s) x.orientation = {1, 0, kNan, 0, 1, 0};
     }},
    {"BAD_GEOMETRY", "long orientation",
     [](Slices& s) {
       for (auto& x : s) x.orientation = {2, 0, 0, 0, 2, 0};
     }},
    {"MIXED_SERIES", "two series", [](Slices& s) { s[5].series_uid = "2.25.9"; }},
    {"MIXED_SERIES", "two studies", [](Slices& s) { s[5].study_uid = "2.25.9"; }},
    {"MIXED_SERIES", "two modalities", [](Slices& s) { s[5].modality = "MR"; }},
    {"MIXED_FRAME", "two frames of reference", [](Slices& s) { s[5].frame_of_reference_uid = "2.25.9"; }},
    {"MIXED_SIZE", "other rows", [](Slices& s) { s[4].rows = 15; }},
    {"MIXED_SIZE", "other columns", [](Slices& s) { s[4].columns = 17; }},
    {"MIXED_SPACING", "other pixel spacing", [](Slices& s) { (*s[4].pixel_spacing)[0] = 0.71; }},
    {"MIXED_ORIENT", "a coronal slice", [](Slices& s) { s[4].orientation = {1, 0, 0, 0, 0, -1}; }},
    {"MIXED_ORIENT", "a flipped slice", [](Slices& s) { s[4].orientation = {-1, 0, 0, 0, 1, 0}; }},
    {"MIXED_ORIENT", "a slightly turned slice",
     [](Slices& s) { s[4].orientation = {0.9999, 0.01, 0, -0.01, 0.9999, 0}; }},
    {"DUPLICATE_POS", "same position twice", [](Slices& s) { s[4].position = s[5].position; }},
    {"DUPLICATE_POS", "all at one position",
     [](Slices& s) {
       for (auto& x : s) x.position = s[0].position;
     }},
    {"DUPLICATE_POS", "almost the same position", [](Slices& s) { (*s[4].position)[2] = (*s[5].position)[2] - 0.01; }},
    {"MULTI_PHASE", "three phases at the same positions",
     [](Slices& s) {
       const auto once = s;
       for (int phase = 0; phase < 2; ++phase) s.insert(s.begin() + 5, once.begin(), once.end());
     }},
    {"MULTI_PHASE", "the phases lie between each other",
     [](Slices& s) {
       for (std::size_t k = 0; k < s.size(); ++k) s[k].phase = k % 2 ? "2/" : "1/";
     }},
    {"SLICE_GAP", "a slice is missing", [](Slices& s) { s.erase(s.begin() + 6); }},
    {"SLICE_GAP", "three are missing", [](Slices& s) { s.erase(s.begin() + 4, s.begin() + 7); }},
    {"SLICE_GAP", "gaps in two places",
     [](Slices& s) {
       s.erase(s.begin() + 8);
       s.erase(s.begin() + 3);
     }},
    {"IRREGULAR_SLICES", "one is off by half", [](Slices& s) { (*s[4].position)[2] += 1.25; }},
    {"IRREGULAR_SLICES", "one is off by 4 %", [](Slices& s) { (*s[4].position)[2] += 0.1; }},
    {"IRREGULAR_SLICES", "distances grow",
     [](Slices& s) {
       for (auto& x : s) (*x.position)[2] *= (*x.position)[2] / 100;
     }},
    {"IRREGULAR_SLICES", "two blocks",
     [](Slices& s) {
       for (std::size_t k = 6; k < 12; ++k) (*s[k].position)[2] += 1.6;
     }},
    {"IRREGULAR_SLICES", "one slice lies 10 mm sideways", [](Slices& s) { (*s[4].position)[0] += 10; }},
    {"IRREGULAR_SLICES", "the table moved sideways for two slices",
     [](Slices& s) { (*s[4].position)[1] += 0.2, (*s[5].position)[1] += 0.2; }},
    {"GANTRY_TILT", "sheared by 10 degrees",
     [](Slices& s) {
       for (auto& x : s) (*x.position)[1] += 0.176 * (*x.position)[2];
     }},
    {"GANTRY_TILT", "sheared by 1 degree",
     [](Slices& s) {
       for (auto& x : s) (*x.position)[0] += 0.0175 * (*x.position)[2];
     }},
};

TEST_CASE("slices that are no volume are refused, each with its own code") {
  for (const auto& broken : kMatrix) {
    auto slices = axial();
    broken.breakage(slices);
    INFO(broken.what);
    const auto outcome = stack_slices(slices);
    REQUIRE(std::holds_alternative<Refusal>(outcome));
    const auto& refusal = std::get<Refusal>(outcome);
    CHECK(refusal.reason.value == broken.code);
    CHECK(refusal.reason.scheme == "99INFERAD");
    CHECK(refusal.reason.value.size() <= 16);
    CHECK(refusal.reason.meaning.size() <= 64);
    CHECK_FALSE(refusal.text.empty());
  }
}

TEST_CASE("a refusal gives the numbers") {
  auto slices = axial();
  slices.erase(slices.begin() + 4, slices.begin() + 7);
  CHECK(std::get<Refusal>(stack_slices(slices)).text == "3 of 12 slices are missing (slice distance 2.500 mm)");
  slices = axial();
  const auto second = slices;
  slices.insert(slices.end(), second.begin(), second.end());
  CHECK(std::get<Refusal>(stack_slices(slices)).text ==
        "each of 12 positions has 2 images: phases, echoes or other volumes in one series");
  CHECK(std::get<Refusal>(stack_slices(Slices(5, slices[0]))).text == "all 5 images lie at one position");
  slices.pop_back();
  CHECK(std::get<Refusal>(stack_slices(slices)).text == "11 of 12 positions have more than one image, up to 2");
}

}  // namespace
}  // namespace inferad::imaging
