// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "pipelines/engine/lung_density.h"
#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using namespace inferad::engine;

namespace {

const Eligibility kRules{"CT", 5, 60, 2.5, true};

std::string code_of(const findings::Image& image) {
  const auto ineligible = check_eligibility(image, kRules);
  if (ineligible) CHECK(ineligible->reason.scheme == "99INFERAD");
  if (ineligible) CHECK_FALSE(ineligible->text.empty());
  return ineligible ? ineligible->reason.value : "";
}

}  // namespace

TEST_CASE("an axial CT of the chest may be analysed, prone and at the limit too") {
  auto image = testing::made_chest();
  CHECK(code_of(image).empty());
  image.geometry.spacing[2] = 5;
  CHECK(code_of(image).empty());
  image.geometry.column_direction = {-1, 0, 0};
  image.geometry.row_direction = {0, -1, 0};
  CHECK(code_of(image).empty());
}

TEST_CASE("each thing that is missing has its code") {
  auto image = testing::made_chest();
  image.modality = "MR";
  CHECK(code_of(image) == "MODALITY");
  image = testing::made_chest();
  image.image_type = {"ORIGINAL", "PRIMARY", "LOCALIZER"};
  CHECK(code_of(image) == "NOT_AXIAL");
  image = testing::made_chest();
  image.geometry.row_direction = {0, 0, -1};
  CHECK(code_of(image) == "NOT_AXIAL");
  image = testing::made_chest();
  image.has_rescale = false;
  CHECK(code_of(image) == "NO_RESCALE");
  image = testing::made_chest();
  image.geometry.spacing[2] = 5.1;
  CHECK(code_of(image) == "SLICE_DISTANCE");
  CHECK(check_eligibility(image, kRules)->text == "slice distance 5.1 mm, at most 5 mm");
  image = testing::made_chest();
  image.geometry.slices = 14;
  CHECK(code_of(image) == "COVERAGE");
  image = testing::made_chest();
  image.geometry.spacing[1] = 3;
  CHECK(code_of(image) == "PIXEL_SPACING");
}
