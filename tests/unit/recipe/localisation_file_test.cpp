// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/pipeline_file.h"
#include "tests/unit/recipe/made_files.h"

namespace inferad::recipe {
namespace {

using namespace testing;

Json classifier() {
  auto document = good_pipeline();
  for (const char* name : {"measurements", "inferer", "postprocessing"}) document.erase(name);
  document["input"] = {{"dimensions", 2}};
  document["output"] = {{"kind", "classification"}, {"classes", {"a", "b"}}, {"scores", "probability"}};
  document["findings"][0].erase("measurement");
  document["findings"][0]["class"] = "b";
  document["findings"][0]["at_least"] = 0.5;
  document["localisation"] = {{"finding", "large"}, {"patch", {24, 16}}, {"stride", 8}};
  return document;
}

Result<PipelineFile> read(const Json& document) {
  const Folder folder;
  folder.write("spleen/pipeline.json", document.dump(1));
  return read_pipeline_file(folder.path / "spleen");
}

bool says(const char* pointer, const Json& value, const std::string& part, Json document = classifier()) {
  document[Json::json_pointer(pointer)] = value;
  const auto pipeline = read(document);
  const auto text = pipeline ? std::string("nothing") : pipeline.error().what;
  if (text.find(part) != std::string::npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

}  // namespace

TEST_CASE("a localisation has its finding, its patch and its limits") {
  const auto pipeline = read(classifier());
  REQUIRE(pipeline);
  const auto& asked = *pipeline->localisation;
  CHECK(asked.finding == "large");
  CHECK(asked.patch == std::array<int, 2>{24, 16});
  CHECK(asked.stride == std::array<int, 2>{8, 8});
  CHECK_FALSE(asked.fill);
  CHECK(asked.batch == 8);
  CHECK(asked.places_max == 400);
  CHECK(asked.method == Localisation::Method::occlusion);
  auto document = classifier();
  document["localisation"].update({{"method", "integrated_gradients"}, {"steps", 64}});
  const auto gradients = read(document);
  if (!gradients) FAIL(gradients.error().what);
  CHECK(gradients->localisation->method == Localisation::Method::integrated_gradients);
  CHECK(gradients->localisation->steps == 64);
}

TEST_CASE("mistakes of a localisation have their place") {
  CHECK(says("/localisation/finding", "small", "/localisation/finding: there is no finding \"small\""));
  CHECK(says("/localisation/stride", 17, "/localisation/stride: is larger than the patch"));
  CHECK(says("/localisation/patch", {1}, "/localisation/patch"));
  CHECK(says("/localisation/places_max", 0, "an integer from 1 to 10000"));
  CHECK(says("/localisation/method", "guess", "\"occlusion\" or \"integrated_gradients\""));
  CHECK(says("/localisation/steps", 8, "/localisation/steps: no such setting"));
  auto gradients = classifier();
  gradients["localisation"]["method"] = "integrated_gradients";
  CHECK(says("/localisation/places_max", 8, "/localisation/places_max: no such setting", gradients));
  CHECK(says("/postprocessing", {{{"_target_", "Activationsd"}, {"keys", "pred"}, {"softmax", true}}},
             "/localisation/method: needs the scores as the network gives them", gradients));
  CHECK(says("/localisation/colour", "red", "/localisation/colour: no such setting"));
  CHECK(says("/input/dimensions", 3, "/localisation: only the classification of one image"));
  CHECK(says("/input/frames", "all", "/localisation: only the classification of one image"));
  CHECK(says("/uncertainty", {{"augmentation", {"flip_x"}}}, "/localisation: stands beside \"uncertainty\""));
  CHECK(says("/inferer", {{"_target_", "SliceInferer"}}, "/inferer: to localise"));
  CHECK(says("/preprocessing/1", {{"_target_", "Transposed"}, {"keys", "image"}, {"indices", {0, 2, 1}}},
             "/preprocessing/1: Transpose would make the place of the heat map wrong: leave it out"));
  auto volume = good_pipeline();
  CHECK(says("/localisation", {{"finding", "large"}, {"patch", 8}, {"stride", 8}},
             "/localisation/finding: the finding \"large\" does not look at a class", volume));
}

}  // namespace inferad::recipe
