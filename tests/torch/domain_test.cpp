// SPDX-License-Identifier: Apache-2.0
// Images that a model does not know: refused, or analysed with a remark that a program can see.
#include "pipelines/findings/codes.h"
#include "tests/torch/source_catalog.h"
#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using findings::Presence;
using testing::Json;
using testing::SourceCatalog;

namespace {

constexpr const char* kSure = "  return torch.tensor([[0.1, 0.9]], dtype=x.dtype)\n";
constexpr const char* kNot = "  return torch.tensor([[0.9, 0.1]], dtype=x.dtype)\n";

Json card(const char* outside) {
  return {{"accepts", {{"intensity", {{"mean", {{"min", -700}, {"max", -200}}}, {"outside", outside}}}}}};
}

findings::Image flat(float value) { return testing::empty_image(8, 6, 4, {1, 1, 1}, value); }

findings::Findings run(const SourceCatalog& made, const findings::Image& image) {
  const auto output = made.run(image);
  REQUIRE(output);
  return output->findings;
}

}  // namespace

TEST_CASE("the card refuses an image outside, on both sides, and takes one inside") {
  const SourceCatalog made;
  made.model("net", kSure, card("refuse"));
  made.pipeline(testing::class_pipeline());
  for (const float value : {-710.0F, -190.0F, 812.0F}) {
    const auto report = run(made, flat(value));
    CHECK(report.outcome == findings::Outcome::not_analysed);
    CHECK(report.reason == findings::codes::kOutsideDomain);
  }
  CHECK(run(made, flat(812)).reason_text == "Outside the model's domain: mean 812, the model accepts -700 to -200.");
  const auto inside = run(made, flat(-450));
  CHECK(inside.outcome == findings::Outcome::analysed);
  CHECK(inside.qualifiers.empty());
  REQUIRE(inside.priority);
  auto image = flat(-450);
  image.voxels[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK(run(made, image).outcome == findings::Outcome::not_analysed);
}

TEST_CASE("a remarked result asks for nothing unless the pipeline says so, and calls nothing absent") {
  const SourceCatalog made;
  auto document = testing::class_pipeline();
  made.model("net", kSure, card("remark"));
  made.pipeline(document);
  auto report = run(made, flat(812));
  CHECK(report.outcome == findings::Outcome::analysed);
  REQUIRE(report.qualifiers.size() == 1);
  CHECK(report.qualifiers[0].code.value == "OUTSIDE_DOMAIN");
  CHECK(report.items.at(1).presence == Presence::present);
  CHECK_FALSE(report.priority);
  CHECK(run(made, flat(-450)).priority);

  document["priority_outside_domain"] = true;
  made.pipeline(document);
  CHECK(run(made, flat(812)).priority);

  made.model("net", kNot, card("remark"));
  CHECK(run(made, flat(812)).items.at(1).presence == Presence::indeterminate);
  CHECK(run(made, flat(-450)).items.at(1).presence == Presence::absent);
}
