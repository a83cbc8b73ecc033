// SPDX-License-Identifier: Apache-2.0
// "precision": "bf16" and "optimize_for_inference" of a model: what they change, and what they may not.
#include <catch2/catch.hpp>

#include "tests/torch/source_catalog.h"
#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using testing::Json;
using testing::SourceCatalog;

namespace {

// Air and lung against everything else, by the mean over 3 x 3 x 3 voxels.
const std::string kMeans =
    "  kernel = torch.ones([1, 1, 3, 3, 3], dtype=x.dtype) / 27.0\n"
    "  mean = torch.conv3d(x, kernel, None, [1, 1, 1], [1, 1, 1])\n"
    "  return torch.cat([-mean - 300.0, mean + 300.0], 1)\n";

const Json kReduced = {{"precision", "bf16"}}, kOptimized = {{"optimize_for_inference", true}};

Json segmenter() {
  auto document = recipe::testing::good_pipeline();
  document["preprocessing"] = Json::array();
  document["inferer"] = {{"_target_", "SimpleInferer"}};
  return document;
}

engine::PipelineOutput run(const std::string& body, const Json& more, const Json& pipeline) {
  const SourceCatalog made;
  made.model("net", body, Json::object(), more);
  made.pipeline(pipeline);
  auto output = made.run(testing::made_chest());
  if (!output) FAIL(output.error().what);
  return *std::move(output);
}

// Why the model with this body is not offered in bf16.
std::string refusal(const std::string& body, const Json& pipeline = segmenter(), const Json& liberty = kReduced) {
  const SourceCatalog made;
  made.model("net", body, Json::object(), liberty);
  made.pipeline(pipeline);
  return made.refusal();
}

}  // namespace

TEST_CASE("a segmentation in bf16 keeps its mask, and the report says what it was computed in") {
  const auto exact = run(kMeans, Json::object(), segmenter()), reduced = run(kMeans, kReduced, segmenter());
  REQUIRE(exact.labels.labels.size() == reduced.labels.labels.size());
  std::size_t both = 0, all = 0;
  for (std::size_t i = 0; i < exact.labels.labels.size(); ++i) {
    const bool is = exact.labels.labels[i] == 1, was = reduced.labels.labels[i] == 1;
    both += is && was ? 2 : 0, all += (is ? 1U : 0U) + (was ? 1U : 0U);
  }
  CHECK(all > 100'000);
  CHECK(static_cast<double>(both) >= 0.995 * static_cast<double>(all));
  CHECK(reduced.findings.algorithm.parameters.find("model net 1 in bfloat16;") != std::string::npos);
  CHECK(exact.findings.algorithm.parameters.find("bfloat16") == std::string::npos);
}

TEST_CASE("digits are only lost where model.json says so") {
  const std::string body =
      "  return torch.stack([1 - x.mean() * 0 - 0.7123456, x.mean() * 0 + 0.7123456]).unsqueeze(0)\n";
  const auto score = [&](const Json& more) {
    return run(body, more, testing::class_pipeline()).findings.items.at(0).measurements.at(1).value;
  };
  CHECK(score(Json::object()) == 0.712346);
  CHECK(score({{"precision", "float32"}}) == 0.712346);
  CHECK(score(kReduced) == 0.710938);  // 91 / 128
}

TEST_CASE("a model that cannot be computed in bf16, or not well, is refused with the reason") {
  CHECK(refusal(kMeans).empty());
  const auto lost = refusal("  y = (x + 1000000.0) - 1000000.0\n  return torch.cat([-y, y], 1)\n");
  CHECK(lost.find("with \"precision\": \"bf16\" its answers to a made image are off by") != std::string::npos);
  const auto mixed = refusal("  y = torch.conv3d(x, torch.ones([2, 1, 1, 1, 1]))\n  return y\n");
  CHECK(mixed.find("with \"precision\": \"bf16\" it fails, without it does not: model net") != std::string::npos);
  const auto unknown = refusal("  return torch.cat([x.view(8, 6, 4).view(1, 1, 8, 6, 4), x], 1)\n");
  CHECK(unknown.find("\"precision\": \"bf16\" cannot be checked, a made image does not suit: model net") !=
        std::string::npos);
}

TEST_CASE("an optimised network answers as it does without, or is refused") {
  const auto plain = run(kMeans, Json::object(), segmenter()), optimized = run(kMeans, kOptimized, segmenter());
  CHECK(optimized.labels.labels == plain.labels.labels);
  const auto random = refusal("  return torch.cat([x, torch.rand_like(x)], 1)\n", segmenter(), kOptimized);
  CHECK(random.find("with \"optimize_for_inference\" its answers to a made image are off by") != std::string::npos);
}

TEST_CASE("places of detections are never computed in bf16") {
  auto document = segmenter();
  document.erase("measurements");
  document.erase("findings");
  document["postprocessing"] = Json::array();
  document["output"] = {
      {"kind", "detection"},
      {"form", "point"},
      {"scores", "score"},
      {"score_min", 0},
      {"labels",
       {{{"value", 1}, {"id", "a"}, {"label", "A"}, {"concept", recipe::testing::code("27925004", "Nodule")}}}}};
  CHECK(refusal("  return x\n", document).find("the places of detections need more") != std::string::npos);
}

TEST_CASE("steps of a pipeline whose weights are not there are checked all the same") {
  const SourceCatalog made;
  made.model("net", kMeans, Json::object(), {{"source", {{"url", "https://example.org/net"}, {"size_bytes", 1}}}});
  std::filesystem::remove(made.path() / "models/net/model.py");
  made.pipeline(segmenter());
  CHECK(made.refusal().empty());
  CHECK(made.load().pipelines().at(0).not_installed.find("model.py is missing") != std::string::npos);

  auto wrong = segmenter();
  wrong["preprocessing"] = Json::array({{{"_target_", "Orientationd"}, {"keys", "image"}, {"axcode", "RAS"}}});
  made.pipeline(wrong);
  CHECK(made.refusal().find("axcode") != std::string::npos);
  wrong = segmenter();
  wrong["postprocessing"] = Json::array({{{"_target_", "AsDiscretd"}, {"keys", "pred"}, {"argmax", true}}});
  made.pipeline(wrong);
  CHECK(made.refusal().find("AsDiscret") != std::string::npos);
  wrong = segmenter();
  wrong["inferer"] = {{"_target_", "SlidingWindow"}};
  made.pipeline(wrong);
  CHECK(made.refusal().find("SlidingWindow") != std::string::npos);
}
