// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/bundle.h"

#include "tests/unit/recipe/made_files.h"

namespace inferad::recipe {
namespace {

using namespace testing;

constexpr const char* kMetadata = R"({"name": "spleen", "version": "0.5.9", "intended_use": "research", "unknown": 1,
  "copyright": "nobody", "references": ["a"], "monai_version": "1.4.0",
  "network_data_format": {
    "inputs": {"other": {}, "image": {"type": "image", "format": "hounsfield", "modality": "CT", "num_channels": 1,
      "spatial_shape": [96, "96", "*"], "dtype": "float32", "value_range": [0, 1], "is_patch_data": true}},
    "outputs": {"pred": {"num_channels": 2, "channel_def": {"0": "background", "1": "spleen"}}}}})";

void write_bundle(const Folder& folder) {
  folder.write("configs/inference.json", R"({"inferer": {"_target_": "SimpleInferer"}})");
  folder.write("configs/metadata.json", kMetadata);
  folder.write("models/model.ts", "x");
}

std::string problem(const Folder& folder) {
  const auto bundle = read_bundle(folder.path);
  return bundle ? "" : bundle.error().what;
}

bool contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

}  // namespace

TEST_CASE("a bundle is its steps, what its metadata say, and its model") {
  const Folder folder;
  write_bundle(folder);
  const auto bundle = read_bundle(folder.path);
  if (!bundle) FAIL(bundle.error().what);
  CHECK(bundle->name == "spleen");
  CHECK(bundle->version == "0.5.9");
  CHECK(bundle->copyright == "nobody");
  CHECK(bundle->references == std::vector<std::string>{"a"});
  CHECK(bundle->image.name == "image");
  CHECK(bundle->image.modality == "CT");
  CHECK(bundle->image.spatial_shape == std::vector<std::string>{"96", "96", "*"});
  CHECK(bundle->image.value_range == std::vector<double>{0, 1});
  CHECK(bundle->image.is_patch_data);
  CHECK(bundle->pred.channel_def.at(1) == "spleen");
  CHECK(bundle->recipe.inferer.target == "SimpleInferer");
  CHECK(bundle->model == folder.path / "models/model.ts");
}

TEST_CASE("what a bundle lacks is named") {
  const Folder folder;
  write_bundle(folder);
  folder.write("configs/metadata.json", R"({"network_data_format": {"outputs": {"pred": {}}}})");
  CHECK(contains(problem(folder), "metadata.json:1:25: /network_data_format: \"inputs\" is missing"));
  folder.write("configs/metadata.json", "{}");
  CHECK(contains(problem(folder), "\"network_data_format\" is missing"));
  folder.write(
      "configs/metadata.json",
      R"({"network_data_format": {"inputs": {"image": {}}, "outputs": {"pred": {"channel_def": {"x": "y"}}}}})");
  CHECK(contains(problem(folder), "\"x\" is no channel"));
  folder.write("configs/inference.json", R"({"inferer": {"_target_": "scripts.Own"}})");
  CHECK(contains(problem(folder), "configs/inference.json: inferer: scripts.Own is not a class of MONAI"));
  std::filesystem::remove(folder.path / "models/model.ts");
  CHECK(contains(problem(folder), "models/model.ts is missing"));
  std::filesystem::remove(folder.path / "configs/inference.json");
  CHECK(contains(problem(folder), "configs/inference.json is missing"));
  folder.write("configs/inference.yaml", "");
  CHECK(contains(problem(folder), "inference.yaml: YAML is not read"));
}

TEST_CASE("the steps of a pipeline are its own, or those of a bundle that fits its output") {
  const Folder folder;
  write_bundle(folder);
  PipelineFile pipeline;
  pipeline.recipe.inferer.target = "SliceInferer";
  ModelFile model;
  model.folder = folder.path;
  CHECK(steps_of(pipeline, model)->inferer.target == "SliceInferer");
  pipeline.from_bundle = true;
  CHECK(contains(steps_of(pipeline, model).error().what, "model  is none"));
  model.format = ModelFormat::bundle;
  pipeline.output = Classification{{"a", "b"}, Classification::Scores::probability};
  CHECK(steps_of(pipeline, model)->inferer.target == "SimpleInferer");
  pipeline.output = Classification{{"a", "b", "c"}, Classification::Scores::probability};
  CHECK(contains(steps_of(pipeline, model).error().what, "3 classes, but the bundle's output has 2 channels"));
  Segmentation segmentation;
  segmentation.labels.emplace_back();
  pipeline.output = segmentation;
  CHECK(steps_of(pipeline, model));
  segmentation.labels.back().value = 2;
  pipeline.output = segmentation;
  CHECK(contains(steps_of(pipeline, model).error().what, "a label 2, but the bundle's output has 2 channels"));
}

}  // namespace inferad::recipe
