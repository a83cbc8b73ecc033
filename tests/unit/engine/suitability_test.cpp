// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/suitability.h"

#include <catch2/catch.hpp>

using namespace inferad;
using namespace inferad::engine;

namespace {

findings::Image chest() {
  findings::Image image;
  image.geometry.columns = image.geometry.rows = 512;
  image.geometry.slices = 100;
  image.geometry.spacing = {0.7, 0.8, 2};
  image.modality = "CT";
  image.body_part = "CHEST";
  image.manufacturer = "SIEMENS Healthineers";
  image.patient_age = "064Y";
  image.patient_sex = "F";
  image.has_rescale = true;
  return image;
}

std::string refusal(const findings::Image& image, const recipe::Eligibility& asked) {
  const auto result = judge(image, asked, "the model");
  return result.reason ? result.reason->reason.value : "";
}

}  // namespace

TEST_CASE("who asks for nothing takes everything") {
  const auto result = judge({}, {}, "the model");
  CHECK_FALSE(result.reason);
  CHECK(result.remarks.empty());
}

TEST_CASE("each thing that is asked for is judged, and named with what was found") {
  const auto image = chest();
  recipe::Eligibility asked;
  asked.modality = {"MR", "ct"};
  asked.body_part = {"chest", "LUNG"};
  asked.manufacturer = {"siemens"};
  asked.sex = {"F"};
  asked.orientation = {"axial"};
  asked.age_years = {18, 64};
  asked.pixel_spacing_mm = {0.5, 0.8};
  asked.slice_distance_mm = {{}, 2};
  asked.slices = {100, 100};
  asked.rows = asked.columns = {512, {}};
  asked.coverage_mm = {200, {}};
  asked.rescale_required = true;
  CHECK(refusal(image, asked).empty());

  const auto without = [&](auto change) {
    auto other = asked;
    change(other);
    return refusal(image, other);
  };
  CHECK(without([](auto& e) { e.modality = {"MR"}; }) == "MODALITY");
  CHECK(without([](auto& e) { e.body_part = {"HEAD"}; }) == "BODY_PART");
  CHECK(without([](auto& e) { e.manufacturer = {"GE"}; }) == "MANUFACTURER");
  CHECK(without([](auto& e) { e.sex = {"M"}; }) == "SEX");
  CHECK(without([](auto& e) { e.orientation = {"coronal"}; }) == "ORIENTATION");
  CHECK(without([](auto& e) { e.age_years.most = 63; }) == "AGE");
  CHECK(without([](auto& e) { e.pixel_spacing_mm.most = 0.75; }) == "PIXEL_SPACING");
  CHECK(without([](auto& e) { e.slice_distance_mm.most = 1.5; }) == "SLICE_DISTANCE");
  CHECK(without([](auto& e) { e.slices.least = 101; }) == "IMAGE_SIZE");
  CHECK(without([](auto& e) { e.rows.least = 513; }) == "IMAGE_SIZE");
  CHECK(without([](auto& e) { e.coverage_mm.least = 201; }) == "COVERAGE");

  asked.age_years.most = 40;
  CHECK(judge(image, asked, "the model").reason->text ==
        "age of the patient is 64 years, the model accepts 18 to 40 years");
}

TEST_CASE("values without rescale and localizers are refused") {
  auto image = chest();
  recipe::Eligibility asked;
  asked.rescale_required = true;
  image.has_rescale = false;
  CHECK(refusal(image, asked) == "NO_RESCALE");
  image = chest();
  image.image_type = {"ORIGINAL", "PRIMARY", "LOCALIZER"};
  CHECK(refusal(image, {}) == "NOT_AXIAL");
}

TEST_CASE("what the images do not state is a remark, or a refusal where that is asked for") {
  auto image = chest();
  image.patient_age.clear();
  recipe::Eligibility asked;
  asked.age_years = {18, {}};
  const auto result = judge(image, asked, "the model");
  CHECK_FALSE(result.reason);
  CHECK(result.remarks == std::vector<std::string>{
                              "The images do not state the age of the patient; the model accepts at least 18 years."});
  asked.refuse_unknown = true;
  CHECK(refusal(image, asked) == "AGE");
}

TEST_CASE("a projection image has no slices to judge, and its spacing may be unknown") {
  auto image = chest();
  image.projection = true;
  image.geometry.slices = 1;
  image.view_position = "LL";
  recipe::Eligibility asked;
  asked.slices = {20, {}};
  asked.orientation = {"axial"};
  CHECK(refusal(image, asked).empty());
  asked.view = {"PA", "AP"};
  CHECK(refusal(image, asked) == "VIEW");
  asked.view.clear();
  image.spacing_known = false;
  asked.pixel_spacing_mm = {{}, 0.1};
  CHECK(refusal(image, asked).empty());
}

TEST_CASE("ages are read in all four units") {
  CHECK(findings::age_in_years("064Y") == 64);
  CHECK(*findings::age_in_years("018M") == Approx(1.5));
  CHECK(*findings::age_in_years("052W") == Approx(0.9966).epsilon(1e-3));
  CHECK(*findings::age_in_years("010D") == Approx(10 / 365.25));
  for (const auto* text : {"", "64Y", "0640", "-64Y", "6 4Y", "064y"}) CHECK_FALSE(findings::age_in_years(text));
}

TEST_CASE("the orientation is the axis that the slices are stacked along") {
  auto image = chest();
  CHECK(orientation_of(image) == "axial");
  image.geometry.slice_direction = {-1, 0, 0};
  CHECK(orientation_of(image) == "sagittal");
  image.geometry.slice_direction = {0, 0.7, 0.7};
  CHECK(orientation_of(image) == "oblique");
}
