// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "pipelines/engine/lung_density.h"
#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using namespace inferad::engine;
using findings::Presence;

namespace {

PipelineSpec spec() {
  PipelineSpec result;
  result.name = "ct-lung-density";
  result.version = "1.0.0";
  result.title = "CT lung density";
  result.manufacturer = "Inferad";
  result.rules = {{"high-attenuation", "Extensive high attenuation", {"H", "99INFERAD", "h"}, "HAA", 20, "STAT"},
                  {"emphysema", "Emphysema", {"87433001", "SCT", "Pulmonary emphysema"}, "LAA-950", 25, "HIGH"},
                  {"mild", "Mild", {"M", "99INFERAD", "m"}, "LAA-910", 1, ""}};
  return result;
}

findings::Job job() {
  findings::Job result;
  result.id = "17";
  result.pipeline = "ct-lung-density";
  result.study_uid = "1.2.3.4";
  result.created_at = "2026-11-24T23:30:00.123Z";
  return result;
}

Mask block(const findings::Image& image, int first_column, int last_column, int first_slice, int last_slice) {
  return Mask::make(grid_of(image.geometry), 1, [=](int j, int k, Runs& out) {
    if (j >= 30 && j < 90 && k >= first_slice && k <= last_slice) out.push_back({first_column, last_column + 1});
  });
}

recipe::ModelFile model() {
  recipe::ModelFile model;
  model.name = "m";
  model.version = "1";
  return model;
}

struct Case {
  findings::Image image = testing::empty_image(160, 120, 50, {2, 2, 4}, -860);
  Lungs lungs{{block(image, 20, 69, 5, 40), block(image, 90, 139, 5, 40)}, Mask(grid_of(image.geometry))};

  LungReport report() const {
    return report_lungs(findings::begin_report(job(), spec().version, image.series_uid,
                                               algorithm_of(spec(), model(), std::string(64, 'a'))),
                        lungs, image, spec());
  }
  // The first rows of both lungs get this value: 60 rows in all.
  void fill(int rows, float hu) {
    for (int k = 0; k < 50; ++k)
      for (int j = 30; j < 30 + rows; ++j)
        for (int i = 0; i < 160; ++i) image.voxels[row_offset({160, 120, 50}, j, k) + static_cast<std::size_t>(i)] = hu;
  }
};

const findings::Finding& item(const findings::Findings& findings, const std::string& id) {
  for (const auto& one : findings.items)
    if (one.id == id) return one;
  FAIL("no item " << id);
  return findings.items.front();
}

}  // namespace

TEST_CASE("a report holds both lungs, their sum and each finding, and satisfies the contract") {
  const auto [findings, labels] = Case().report();
  CHECK(validate(findings));
  CHECK(findings.outcome == findings::Outcome::analysed);
  CHECK(findings.segments.size() == 2);
  CHECK(item(findings, "lung-right").measurements[0].value == Approx(50 * 60 * 36 * 0.016));
  CHECK(item(findings, "lungs").measurements[0].value == Approx(2 * 50 * 60 * 36 * 0.016));
  CHECK(item(findings, "emphysema").presence == Presence::absent);
  CHECK(item(findings, "high-attenuation").presence == Presence::absent);
  CHECK_FALSE(findings.priority);
  CHECK(findings.remarks.empty());
  CHECK(mask_of(labels, 1, 1).voxels() == 50U * 60U * 36U);
  CHECK(findings.algorithm.parameters.find("emphysema: LAA-950 >= 25 %") != std::string::npos);
}

TEST_CASE("a threshold that is reached asks for its priority, with the numbers in the reason") {
  Case emphysema;
  emphysema.fill(15, -980);  // a quarter of the rows: exactly the threshold
  const auto findings = emphysema.report().findings;
  CHECK(item(findings, "emphysema").presence == Presence::present);
  CHECK(item(findings, "mild").presence == Presence::present);
  REQUIRE(findings.priority);
  CHECK(findings.priority->level == "HIGH");
  CHECK(findings.priority->reason == "Emphysema: LAA-950 25.0 % (threshold 25 %)");
  CHECK(findings.priority->finding == "emphysema");
  CHECK(validate(findings));
}

TEST_CASE("of two findings the more urgent one sets the priority") {
  Case both;
  both.fill(32, -980);
  both.fill(16, -400);
  const auto findings = both.report().findings;
  REQUIRE(findings.priority);
  CHECK(findings.priority->level == "STAT");
  CHECK(findings.priority->finding == "high-attenuation");
}

TEST_CASE("a truncated volume is marked and asks for nothing") {
  Case cut;
  cut.fill(30, -980);
  cut.lungs.sides.left = block(cut.image, 90, 139, 5, 49);
  const auto findings = cut.report().findings;
  CHECK(item(findings, "emphysema").presence == Presence::present);
  CHECK_FALSE(findings.priority);
  CHECK(item(findings, "lung-left").measurements[0].truncated);
  CHECK_FALSE(item(findings, "lung-right").measurements[0].truncated);
  CHECK(item(findings, "lungs").measurements[0].truncated);
  CHECK(findings.remarks.size() == 1);
  CHECK(validate(findings));
}

TEST_CASE("one lung is reported alone, none is not analysed") {
  Case one;
  one.lungs.sides.right = Mask(grid_of(one.image.geometry));
  const auto findings = one.report().findings;
  CHECK(findings.segments.size() == 1);
  CHECK(findings.segments[0].label == "Left lung");
  CHECK(findings.remarks == std::vector<std::string>{"Right lung was not found."});
  CHECK(item(findings, "emphysema").laterality->meaning == "Left");
  CHECK(validate(findings));
  one.lungs.sides.left = block(one.image, 90, 95, 5, 20);  // 92 mL
  const auto none = one.report();
  CHECK(none.findings.outcome == findings::Outcome::not_analysed);
  CHECK(none.findings.reason.value == "NO_LUNG");
  CHECK(none.labels.labels.empty());
  CHECK(validate(none.findings));
}
