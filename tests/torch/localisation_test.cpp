// SPDX-License-Identifier: Apache-2.0
// Where a classifier that knows no places takes its evidence from: a disc at a place that geometry knows.
#include <algorithm>
#include <cmath>

#include "tests/torch/source_catalog.h"

using namespace inferad;
using findings::Presence;
using testing::Json;
using testing::SourceCatalog;

namespace {

constexpr int kColumns = 160, kRows = 110;
constexpr double kColumnMm = 0.2, kRowMm = 0.3, kRadiusMm = 3;
constexpr double kDiscColumn = 110.4, kDiscRow = 40.2;  // of its middle, in pixel centres

// How bright the brightest neighbourhood is, wherever it lies.
constexpr const char* kBrightest =
    "  smooth = torch.avg_pool2d(x, [5, 5], [1, 1], [2, 2])\n"
    "  p = torch.sigmoid(12 * (torch.amax(smooth, [1, 2, 3]) - 0.5))\n"
    "  return torch.stack([1 - p, p], 1)\n";

// As stored by a MONOCHROME1 detector when `inverted`: the disc, which is shown white, has small values.
findings::Image radiograph(bool inverted, bool disc = true) {
  findings::Image image;
  image.projection = true;
  image.modality = "DX", image.series_uid = "1.2.5", image.study_uid = "1.2.3";
  image.sources.push_back({"", "1.2.840.10008.5.1.4.1.1.1.1", "1.2.6", 1, {}});
  image.geometry.columns = kColumns, image.geometry.rows = kRows, image.geometry.slices = 1;
  image.geometry.spacing = {kColumnMm, kRowMm, 1};
  image.grey.lowest = 0, image.grey.highest = 4095, image.grey.inverted = inverted;
  for (int row = 0; row < kRows; ++row)
    for (int column = 0; column < kColumns; ++column) {
      const double away = std::hypot((column - kDiscColumn) * kColumnMm, (row - kDiscRow) * kRowMm);
      const double white = disc && away < kRadiusMm ? 3700 : 500 + 2 * column;
      image.voxels.push_back(static_cast<float>(inverted ? 4095 - white : white));
    }
  return image;
}

Json pipeline() {
  auto document = testing::class_pipeline();
  document["eligibility"] = {{"modality", "DX"}};
  document["input"] = {{"values", "window"}, {"dimensions", 2}};
  document["preprocessing"] = {{{"_target_", "Flipd"}, {"keys", "image"}, {"spatial_axis", 0}},
                               {{"_target_", "Resized"}, {"keys", "image"}, {"spatial_size", {80, 66}}}};
  document["localisation"] = {{"finding", "large"}, {"patch", {16, 14}}, {"stride", 4}, {"batch", 7}};
  return document;
}

const findings::Finding& finding(const engine::PipelineOutput& output) { return output.findings.items.at(1); }

}  // namespace

TEST_CASE("the place of the evidence is led back to the image, whatever flipped, resized and inverted it") {
  const SourceCatalog made;
  made.model("net", kBrightest);
  const bool hidden = GENERATE(true, false);
  INFO((hidden ? "occlusion" : "integrated gradients"));
  auto document = pipeline();
  if (!hidden) document["localisation"]["method"] = "integrated_gradients";
  made.pipeline(document);
  for (const bool inverted : {false, true}) {
    INFO(inverted);
    const auto output = made.run(radiograph(inverted));
    REQUIRE(output);
    const auto& item = finding(*output);
    CHECK(item.presence == Presence::present);
    REQUIRE(item.heat_map);
    const auto& [file, peak, greatest] = *item.heat_map;
    CHECK(file == "heatmap-large.pgm");
    CHECK(greatest > 0.1);
    CHECK(std::hypot((peak[0] - 0.5 - kDiscColumn) * kColumnMm, (peak[1] - 0.5 - kDiscRow) * kRowMm) < kRadiusMm);
    REQUIRE(item.location);
    const auto& area = *item.location;
    CHECK(area.form == findings::Location::Form::box);
    CHECK(std::abs(area.centre[0] - 0.5 - kDiscColumn) < area.half_axes.at(0)[0]);
    CHECK(std::abs(area.centre[1] - 0.5 - kDiscRow) < area.half_axes.at(1)[1]);
    CHECK(area.half_axes.at(0)[0] * kColumnMm < 3 * kRadiusMm);  // not the whole image
    REQUIRE(output->heat_map);
    const auto& map = *output->heat_map;
    REQUIRE((map.columns == kColumns && map.rows == kRows));
    const auto heat = [&](int column, int row) {
      return map.values.at(static_cast<std::size_t>(row * kColumns + column));
    };
    CHECK(heat(110, 40) > 0.7F * static_cast<float>(map.greatest));
    CHECK(heat(49, 40) < 0.1F * static_cast<float>(map.greatest));  // where a mirror would put it
    CHECK(heat(5, 100) < 0.1F * static_cast<float>(map.greatest));
    CHECK(item.explanation.find(hidden ? "lowers the score by" : "Of the score 0.") != std::string::npos);
  }
}

TEST_CASE("what is absent has no place") {
  const SourceCatalog made;
  made.model("net", kBrightest);
  made.pipeline(pipeline());
  const auto output = made.run(radiograph(false, false));
  REQUIRE(output);
  CHECK(finding(*output).presence == Presence::absent);
  CHECK_FALSE(finding(*output).location);
  CHECK_FALSE(output->heat_map);
  CHECK(output->findings.remarks.empty());
}

TEST_CASE("a heat map that would cost too much, or says nothing, is left out and the finding stays") {
  const SourceCatalog made;
  auto document = pipeline();
  SECTION("too many places") {
    made.model("net", kBrightest);
    document["localisation"]["places_max"] = 237;  // 17 places along x, 14 along y
    made.pipeline(document);
    const auto output = made.run(radiograph(false));
    REQUIRE(output);
    CHECK(output->findings.remarks.at(0).find("asks for 238 places of the patch, at most 237") != std::string::npos);
    CHECK(finding(*output).presence == Presence::present);
    CHECK_FALSE(finding(*output).location);
    CHECK(output->findings.priority);
  }
  SECTION("no part matters") {
    made.model("net", "  return torch.tensor([[0.2, 0.8]], dtype=x.dtype).repeat([x.size(0), 1])\n");
    made.pipeline(document);
    const auto output = made.run(radiograph(false));
    REQUIRE(output);
    CHECK(output->findings.remarks.at(0) == "There is no heat map: no part of the image lowers the score.");
    CHECK_FALSE(output->heat_map);
  }
  SECTION("a model for single images") {
    made.model("net", "  return torch.tensor([[0.2, 0.8]], dtype=x.dtype)\n");
    made.pipeline(document);
    const auto output = made.run(radiograph(false));
    REQUIRE(output);
    CHECK(output->findings.remarks.at(0).find("did not keep the batch axis") != std::string::npos);
    CHECK(finding(*output).presence == Presence::present);
  }
}

TEST_CASE("integrated gradients add up to what lies between the fill and the image") {
  // Three times the mean of the left half: each column there gives as much, whatever it shows beside the fill.
  const SourceCatalog made;
  made.model("net",
             "  p = torch.clamp(3 * x[:, :, :40].mean([1, 2, 3]) * x[:, :, :40].mean([1, 2, 3]), 0, 1)\n"
             "  return torch.stack([1 - p, p], 1)\n");
  auto document = pipeline();
  document["preprocessing"] = {{{"_target_", "Resized"}, {"keys", "image"}, {"spatial_size", {80, 66}}}};
  document["localisation"] = {{"finding", "large"}, {"method", "integrated_gradients"},
                              {"patch", {40, 66}},  {"stride", 40},
                              {"fill", 0},          {"steps", 16},
                              {"batch", 5}};
  made.pipeline(document);
  auto image = radiograph(false);
  image.voxels.assign(image.voxels.size(), 0.5F * 4095);
  const auto output = made.run(image);
  REQUIRE(output);
  REQUIRE(finding(*output).heat_map);
  CHECK(finding(*output).heat_map->greatest == Approx(0.75).epsilon(1e-4));  // 3 * 0.5 * 0.5, of the left half
  CHECK(output->heat_map->values.at(kColumns - 10) == Approx(0).margin(1e-6));
}

TEST_CASE("a network without a gradient is refused where its gradient is asked for") {
  const SourceCatalog made;
  made.model("net", "  p = float(x.amax())\n  return torch.tensor([[1 - p, p]]).repeat([x.size(0), 1])\n");
  auto document = pipeline();
  made.pipeline(document);
  CHECK(made.refusal().empty());
  document["localisation"]["method"] = "integrated_gradients";
  made.pipeline(document);
  CHECK(made.refusal() == "model net gives no gradient: set \"method\": \"occlusion\"");
}

TEST_CASE("the kernels of an optimised network have no gradient") {
  const std::string body =
      "  y = torch.conv2d(x, torch.ones([2, 1, 3, 3]) / 9.0)\n  return torch.softmax(y.mean([2, 3]), 1)\n";
  auto document = pipeline();
  document["localisation"]["method"] = "integrated_gradients";
  const SourceCatalog made;
  made.pipeline(document);
  made.model("net", body);
  CHECK(made.refusal().empty());
  made.model("net", body, Json::object(), {{"optimize_for_inference", true}});
  CHECK(made.refusal().find("or leave out \"optimize_for_inference\"") != std::string::npos);
}
