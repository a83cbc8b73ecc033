// SPDX-License-Identifier: Apache-2.0
// Probabilities of networks whose answer to every voxel is a formula.
#include <algorithm>
#include <cmath>

#include "tests/torch/source_catalog.h"
#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using testing::Json;
using testing::SourceCatalog;

namespace {

constexpr int kColumns = 32, kRows = 6, kSlices = 4;
const std::vector<ResultKind> kFractional{ResultKind::seg_fractional};

Json segmenter(const std::string& probabilities) {
  auto document = recipe::testing::good_pipeline();
  document["preprocessing"] = Json::array();
  document["inferer"] = {{"_target_", "SimpleInferer"}};
  if (!probabilities.empty()) document["output"]["probabilities"] = probabilities;
  return document;
}

void resample(Json& document) {
  document["preprocessing"] =
      Json::array({{{"_target_", "Orientationd"}, {"keys", "image"}, {"axcodes", "RAS"}},
                   {{"_target_", "Spacingd"}, {"keys", "image"}, {"pixdim", {4.0, 2.0, 2.0}}, {"mode", "bilinear"}}});
  document["postprocessing"] =
      Json::array({{{"_target_", "Invertd"}, {"keys", "pred"}, {"orig_keys", "image"}, {"nearest_interp", false}},
                   {{"_target_", "AsDiscreted"}, {"keys", "pred"}, {"argmax", true}}});
}

// Ascends along the rows from -155 to 155 (Hounsfield units), 10 a column of 2 mm.
findings::Image ramp() {
  auto image = testing::empty_image(kColumns, kRows, kSlices, {2, 2, 2}, 0);
  for (std::size_t i = 0; i < image.voxels.size(); ++i)
    image.voxels[i] = static_cast<float>(static_cast<int>(i % kColumns) * 10 - 155);
  return image;
}

const std::string kTwoClasses = "  return torch.cat([-x / 100, x / 100], 1)\n";
const std::string kOneShare = "  p = x / 310 + 0.5\n  return torch.cat([1 - p, p], 1)\n";

double sigmoid(double value) { return 1 / (1 + std::exp(-value)); }

std::vector<std::uint8_t> kept(const SourceCatalog& made, const findings::Image& image) {
  const auto output = made.run(image, kFractional);
  if (!output) FAIL(output.error().what);
  REQUIRE(output->probabilities.size() == output->findings.segments.size());
  REQUIRE(output->probabilities.at(0).size() == image.voxels.size());
  return output->probabilities.at(0);
}

// The largest difference to 255 times what `value` says of a voxel, of columns from 2 to the last but two.
template <class Value>
double error(const std::vector<std::uint8_t>& fractions, const findings::Image& image, Value value) {
  double worst = 0;
  for (std::size_t i = 0; i < fractions.size(); ++i)
    if (i % kColumns >= 2 && i % kColumns < kColumns - 2)
      worst = std::max(worst, std::abs(fractions[i] - 255 * value(static_cast<double>(image.voxels[i]))));
  return worst;
}

}  // namespace

TEST_CASE("probabilities are what the network's answer says of each voxel, rounded to 255ths") {
  const SourceCatalog made;
  const auto image = ramp();
  SECTION("by softmax") {
    made.model("net", kTwoClasses);
    made.pipeline(segmenter("softmax"));
    CHECK(error(kept(made, image), image, [](double hu) { return sigmoid(hu / 50); }) <= 0.501);
  }
  SECTION("by sigmoid, of a channel of its own") {
    made.model("net", "  return torch.cat([x / 20, x], 1)\n");
    auto document = segmenter("sigmoid");
    document["output"]["labels"][0]["channel"] = 0;
    made.pipeline(document);
    CHECK(error(kept(made, image), image, [](double hu) { return sigmoid(hu / 20); }) <= 0.501);
  }
  SECTION("as they are given") {
    made.model("net", kOneShare);
    made.pipeline(segmenter("given"));
    CHECK(error(kept(made, image), image, [](double hu) { return hu / 310 + 0.5; }) <= 0.501);
  }
  SECTION("interpolated back from a coarser grid") {
    made.model("net", kOneShare);
    auto document = segmenter("given");
    resample(document);
    made.pipeline(document);
    CHECK(error(kept(made, image), image, [](double hu) { return hu / 310 + 0.5; }) <= 0.501);
  }
  SECTION("of the mean of several answers") {
    made.model("net", kOneShare);
    auto document = segmenter("given");
    document["uncertainty"] = {{"augmentation", {"flip_x"}}};
    made.pipeline(document);
    CHECK(error(kept(made, image), image, [](double hu) { return hu / 310 + 0.5; }) <= 0.501);
  }
}

TEST_CASE("what cleaning dropped has no probability, what it never was keeps its own") {
  const SourceCatalog made;
  made.model("net", kTwoClasses);
  auto document = segmenter("softmax");
  document["postprocessing"].push_back({{"_target_", "KeepLargestConnectedComponentd"}, {"keys", "pred"}});
  made.pipeline(document);
  auto image = ramp();
  const std::size_t islet = 2;  // far from the rest, the same in the first row only
  image.voxels[islet] = 140;
  image.voxels[islet + 2] = -10;
  const auto fractions = kept(made, image);
  CHECK(fractions[islet] == 0);
  CHECK(fractions[islet + 2] == std::lround(255 * sigmoid(-0.2)));
  CHECK(fractions[kColumns - 1] == std::lround(255 * sigmoid(155 / 50.0)));
}

TEST_CASE("probabilities are kept only for a pipeline that says how and a job that asks, and only of what was found") {
  const SourceCatalog made;
  made.model("net", kTwoClasses);
  auto document = segmenter(GENERATE("", "softmax"));
  const bool asked = document["output"].contains("probabilities");
  auto second = document["output"]["labels"][0];
  second.update({{"value", 2}, {"id", "liver"}, {"label", "Liver"}});
  if (asked) second["channel"] = 1;
  document["output"]["labels"].push_back(second);
  made.pipeline(document);
  const auto output = made.run(ramp(), kFractional);
  REQUIRE(output);
  CHECK(output->probabilities.size() == (asked ? 1U : 0U));
  CHECK(output->findings.segments.size() == 1);
  CHECK(made.run(ramp(), {ResultKind::seg, ResultKind::sr})->probabilities.empty());
}

TEST_CASE("what cannot be a probability is an error that says what to change") {
  const SourceCatalog made;
  const auto image = ramp();
  made.model("net", kTwoClasses);
  auto document = segmenter("given");
  SECTION("scores that are none") {
    made.pipeline(document);
    CHECK_THAT(made.run(image, kFractional).error().what, Catch::Contains("should \"probabilities\" be softmax"));
  }
  SECTION("a channel that is not there") {
    document["output"]["labels"][0]["channel"] = 7;
    made.pipeline(document);
    CHECK_THAT(made.run(image, kFractional).error().what,
               Catch::Contains("label spleen has its probability in channel 7, the network gives 2 channels"));
  }
  SECTION("cleaning before the labels are on the image's grid") {
    resample(document);
    auto& steps = document["postprocessing"];
    steps.insert(steps.begin(), Json{{"_target_", "KeepLargestConnectedComponentd"}, {"keys", "pred"}});
    made.pipeline(document);
    CHECK_THAT(made.refusal(), Catch::Contains("KeepLargestConnectedComponent"));
  }
}
