// SPDX-License-Identifier: Apache-2.0
// The configurations of the golden vectors and of the bundles, when they lie beside the repository.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pipelines/recipe/recipe.h"

namespace inferad::recipe {
namespace {

std::filesystem::path shared(const std::string& name) {
  const auto path = std::filesystem::path(INFERAD_SHARED_DIR) / "data" / "monai" / name;
  if (!std::filesystem::exists(path)) std::cout << "SKIPPED: no " << name << " beside the repository\n";
  return path;
}

std::string text_of(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST_CASE("the configuration of every golden vector is read") {
  const auto root = shared("cases");
  if (!std::filesystem::exists(root)) return;
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().filename() != "case.json") continue;
    ++count;
    CAPTURE(entry.path().string());
    const auto config = nlohmann::json::parse(text_of(entry.path()))["config"];
    const auto recipe = read_recipe(config.dump());
    if (!recipe) FAIL(recipe.error().what);
    const auto expected = [&](const char* chain) {
      return config.contains(chain) ? config[chain]["transforms"].size() : std::size_t{0};
    };
    CHECK(recipe->preprocessing.size() == expected("preprocessing"));
    CHECK(recipe->postprocessing.size() == expected("postprocessing"));
    for (std::size_t i = 0; i < recipe->preprocessing.size(); ++i)
      CHECK(recipe->preprocessing[i].target + 'd' == config["preprocessing"]["transforms"][i]["_target_"]);
  }
  CHECK(count == 116);
}

TEST_CASE("the inferer of every sliding window case is read") {
  const auto root = shared("sliding_window");
  if (!std::filesystem::exists(root)) return;
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().filename() != "case.json") continue;
    ++count;
    const auto file = nlohmann::json::parse(text_of(entry.path()));
    const auto recipe = read_recipe(nlohmann::json{{"inferer", file["inferer"]}}.dump());
    if (!recipe) FAIL(recipe.error().what);
    CHECK(recipe->inferer.target == file["inferer"]["_target_"]);
    CHECK(recipe->inferer.arguments.size() + 1 == file["inferer"].size());
  }
  CHECK(count == 16);
}

TEST_CASE("both bundles are read through their own configuration") {
  if (!std::filesystem::exists(shared("bundles"))) return;
  const auto segmentation = read_recipe(text_of(shared("bundles/phantom_ct_segmentation/configs/inference.json")));
  if (!segmentation) FAIL(segmentation.error().what);
  REQUIRE(segmentation->preprocessing.size() == 6);
  CHECK(segmentation->preprocessing[3].target == "Spacing");
  CHECK(segmentation->preprocessing[3].keys == std::vector<std::string>{"image"});
  CHECK(segmentation->preprocessing[3].where == "preprocessing#transforms#3");
  CHECK(std::get<std::string>(segmentation->preprocessing[3].arguments.at("mode").is) == "bilinear");
  CHECK(segmentation->inferer.target == "SlidingWindowInferer");
  REQUIRE(segmentation->postprocessing.size() == 4);
  CHECK(std::get<std::string>(segmentation->postprocessing[1].arguments.at("transform").is) == "preprocessing");
  CHECK(segmentation->postprocessing[3].target == "SaveImage");

  const auto classification = read_recipe(text_of(shared("bundles/phantom_cr_classification/configs/inference.json")));
  if (!classification) FAIL(classification.error().what);
  CHECK(classification->preprocessing.size() == 4);
  CHECK(classification->inferer.target == "SimpleInferer");
}

}  // namespace
}  // namespace inferad::recipe
