// SPDX-License-Identifier: Apache-2.0
// Several answers of models whose answer to every image and mirror is known beforehand.
#include <algorithm>
#include <cmath>

#include "tests/torch/source_catalog.h"
#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using testing::Json;
using testing::SourceCatalog;

namespace {

constexpr int kColumns = 8, kRows = 6, kSlices = 4;

// Two channels: 0.4 against 1 in the columns below `end`, whatever the image shows.
std::string first_columns(int end) {
  return "  place = torch.arange(x.size(2), device=x.device).view(1, 1, -1, 1, 1).expand_as(x)\n"
         "  return torch.cat([torch.full_like(x, 0.4), (place < " +
         std::to_string(end) + ").to(x.dtype)], 1)\n";
}

std::string constant(const std::string& bad) {
  return "  return torch.tensor([[1 - " + bad + ", " + bad + "]], dtype=x.dtype)\n";
}

Json segmenter(const Json& uncertainty) {
  auto document = recipe::testing::good_pipeline();
  document["preprocessing"] = Json::array();
  document["inferer"] = {{"_target_", "SimpleInferer"}};
  document["uncertainty"] = uncertainty;
  return document;
}

Json classifier(const Json& uncertainty) {
  auto document = testing::class_pipeline();
  document["uncertainty"] = uncertainty;
  return document;
}

findings::Image flat() { return testing::empty_image(kColumns, kRows, kSlices, {10, 10, 10}, 0); }  // 1 mL a voxel

// The columns that hold a label.
std::vector<int> columns_of(const findings::LabelMap& map) {
  std::vector<int> result;
  for (int i = 0; i < map.columns; ++i)
    if (map.labels.at(static_cast<std::size_t>(i)) != 0) result.push_back(i);
  return result;
}

}  // namespace

TEST_CASE("an image in four mirrors gives the mean and the deviation of what stands in its corners") {
  const SourceCatalog made;
  made.model("net", "  p = x[0, 0, 0, 0, 0]\n  return torch.stack([1 - p, p]).unsqueeze(0)\n");
  made.pipeline(classifier({{"augmentation", {"flip_x", "flip_y", "flip_xy"}}}));
  auto image = flat();
  image.voxels.assign(image.voxels.size(), 0.123F);
  const auto corner = [&](int i, int j) -> float& {
    return image.voxels.at(static_cast<std::size_t>(j * kColumns + i));
  };
  corner(0, 0) = 0.1F, corner(kColumns - 1, 0) = 0.3F, corner(0, kRows - 1) = 0.5F;
  corner(kColumns - 1, kRows - 1) = 0.9F;
  const auto output = made.run(image);
  REQUIRE(output);
  const auto& bad = output->findings.items.at(0).measurements.at(1);
  CHECK(bad.value == Approx(0.45).margin(1e-6));
  CHECK(*bad.deviation == Approx(std::sqrt(0.0875)).margin(1e-6));
  CHECK(output->findings.items.at(1).presence == findings::Presence::absent);
  CHECK(output->findings.algorithm.parameters.find("mean of 4 answers; flip_x; flip_y; flip_xy") != std::string::npos);
}

TEST_CASE("two models give their mean and deviation, and both stand in the report") {
  const SourceCatalog made;
  made.model("net", constant("0.25"));
  made.model("other", constant("0.75"));
  auto document = classifier({{"ensemble", {"other"}}, {"indeterminate_deviations", 1}});
  document["findings"][0]["at_least"] = 0.7;
  made.pipeline(document);
  const auto output = made.run(flat());
  REQUIRE(output);
  CHECK(output->findings.items.at(0).measurements.at(1).value == Approx(0.5));
  CHECK(*output->findings.items.at(0).measurements.at(1).deviation == Approx(0.25));
  CHECK(output->findings.items.at(1).presence == findings::Presence::indeterminate);
  const auto engine = made.load();
  REQUIRE(engine.pipelines().at(0).models.size() == 2);
  const auto& second = engine.pipelines().at(0).models[1];
  CHECK(second.name == "other");
  CHECK(output->findings.algorithm.parameters.find("model other 1 SHA-256 " + second.sha256) != std::string::npos);
}

TEST_CASE("a model that writes into what it is shown changes nothing for the next one") {
  const SourceCatalog made;
  for (const char* name : {"net", "other"})
    made.model(name, "  p = x.mean()\n  x.fill_(0)\n  return torch.stack([1 - p, p]).unsqueeze(0)\n");
  made.pipeline(classifier({{"ensemble", {"other"}}}));
  const auto output = made.run(testing::empty_image(kColumns, kRows, kSlices, {10, 10, 10}, 0.5F));
  REQUIRE(output);
  CHECK(output->findings.items.at(0).measurements.at(1).value == Approx(0.5));
  CHECK(*output->findings.items.at(0).measurements.at(1).deviation == Approx(0).margin(1e-9));
}

TEST_CASE("what a mirror shows is turned back: a thing stays where it is, a habit of the model does not") {
  const SourceCatalog made;
  made.pipeline(segmenter({{"augmentation", {"flip_x"}}}));
  auto image = flat();
  for (std::size_t i = 0; i < image.voxels.size(); ++i)
    if (i % kColumns == 1 || i % kColumns == 2) image.voxels[i] = 100;
  SECTION("a thing") {
    made.model("net", "  return torch.cat([torch.full_like(x, 0.6), (x > 50).to(x.dtype)], 1)\n");
    const auto output = made.run(image);
    REQUIRE(output);
    CHECK(columns_of(output->labels) == std::vector<int>{1, 2});
    const auto& volume = output->findings.items.at(0).measurements.at(0);
    CHECK(volume.value == 2 * kRows * kSlices);
    CHECK(*volume.deviation == 0);
  }
  SECTION("a habit") {
    made.model("net", first_columns(2));
    const auto output = made.run(image);
    REQUIRE(output);
    CHECK(columns_of(output->labels) == std::vector<int>{0, 1, 6, 7});  // 0.5 each, against 0.4
  }
}

TEST_CASE("models that segment more or less give the spread of each measurement") {
  const SourceCatalog made;
  made.model("net", first_columns(2));
  made.model("other", first_columns(4));
  made.pipeline(segmenter({{"ensemble", {"other"}}}));
  const auto output = made.run(flat());
  REQUIRE(output);
  CHECK(columns_of(output->labels) == std::vector<int>{0, 1, 2, 3});
  const auto& volume = output->findings.items.at(0).measurements.at(0);
  CHECK(volume.value == 4 * kRows * kSlices);
  CHECK(*volume.deviation == kRows * kSlices);  // of 2 and 4 columns
}

TEST_CASE("a model of the ensemble is pinned, carded and checked like the first") {
  const SourceCatalog made;
  made.model("net", constant("0.25"));
  made.pipeline(classifier({{"ensemble", {"other"}}}));
  CHECK(made.refusal().find("models/other/model.json") != std::string::npos);
  made.model("other", constant("0.75"), {{"accepts", {{"slices", {{"min", 100}}}}}});
  const auto output = made.run(flat());
  REQUIRE(output);
  CHECK(output->findings.outcome == findings::Outcome::not_analysed);
  CHECK(output->findings.reason.value == "IMAGE_SIZE");
  made.model("other", "  return torch.tensor([[0.1, 0.2, 0.7]], dtype=x.dtype)\n");
  CHECK(made.run(flat()).error().code == Errc::model);
  std::ofstream(made.path() / "models/other/model.py", std::ios::app) << "# changed\n";
  CHECK(made.refusal().find("weights differ from model.json") != std::string::npos);
}

TEST_CASE("labels have no mean: a model that gives them is refused with several answers") {
  const SourceCatalog made;
  made.model("net", "  return (x > 50).long()\n");
  made.pipeline(segmenter({{"augmentation", {"flip_x"}}}));
  const auto output = made.run(flat());
  REQUIRE_FALSE(output);
  CHECK(output.error().what.find("several answers have no mean") != std::string::npos);
}
