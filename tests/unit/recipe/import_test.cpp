// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "pipelines/recipe/bundle.h"
#include "pipelines/recipe/import_model.h"
#include "pipelines/recipe/model_file.h"
#include "pipelines/recipe/pipeline_file.h"
#include "tests/unit/recipe/made_files.h"

namespace inferad::recipe {
namespace {

using namespace testing;
namespace fs = std::filesystem;

struct Place {
  Folder folder;
  Place() {
    fs::create_directories(folder.path / "models");
    fs::create_directories(folder.path / "catalog");
  }
  Result<Imported> import(const fs::path& source, const std::string& name = "") const {
    return import_model({source, name, folder.path / "models", folder.path / "catalog"});
  }
  bool is_empty() const { return fs::is_empty(folder.path / "models") && fs::is_empty(folder.path / "catalog"); }
};

void write_bundle(const Folder& folder, const std::string& pred) {
  folder.write("My Net/configs/inference.json", R"({"inferer": {"_target_": "SimpleInferer"}})");
  folder.write("My Net/configs/metadata.json",
               R"({"version": "0.2", "copyright": "CC0", "network_data_format": {
                   "inputs": {"image": {"modality": "MR", "spatial_shape": [8, 8, 8]}}, "outputs": {"pred": )" +
                   pred + "}}}");
  folder.write("My Net/models/model.ts", "weights");
  folder.write("My Net/LICENSE", "CC0");
}

}  // namespace

TEST_CASE("a bundle becomes a model and a pipeline that pass their readers") {
  const Place place;
  write_bundle(place.folder, R"({"format": "segmentation", "channel_def": {"0": "background", "1": "Left ventricle",
                                 "2": "Left  ventricle", "3": ""}})");
  const auto made = place.import(place.folder.path / "My Net");
  if (!made) FAIL(made.error().what);
  CHECK(made->name == "my-net");
  CHECK(made->to_do.size() == 2);
  const auto model = read_model_file(made->model);
  REQUIRE(model);
  CHECK(model->format == ModelFormat::bundle);
  CHECK(read_weights(*model).value_or("") == "weights");
  CHECK(model->card.licence == "CC0");
  CHECK(model->card.accepts.modality == std::vector<std::string>{"MR"});
  CHECK(fs::exists(made->model / "LICENSE"));
  CHECK(read_bundle(made->model));
  const auto pipeline = read_pipeline_file(made->pipeline);
  REQUIRE(pipeline);
  CHECK(pipeline->from_bundle);
  const auto& labels = std::get<Segmentation>(pipeline->output).labels;
  REQUIRE(labels.size() == 3);
  CHECK(labels[0].id == "left-ventricle");
  CHECK(labels[1].id == "left-ventricle-2");
  CHECK(labels[2].id == "label-3");
}

TEST_CASE("a bundle that classifies becomes a classification") {
  const Place place;
  write_bundle(place.folder, R"({"type": "probabilities", "num_channels": 3, "channel_def": {"0": "a", "1": "b"}})");
  const auto made = place.import(place.folder.path / "My Net" / "", "other");
  if (!made) FAIL(made.error().what);
  const auto pipeline = read_pipeline_file(made->pipeline);
  REQUIRE(pipeline);
  CHECK(std::get<Classification>(pipeline->output).classes == std::vector<std::string>{"a", "b", "class 2"});
  CHECK(made->name == "other");
}

TEST_CASE("a bare file becomes a model with an empty card and a skeleton") {
  const Place place;
  place.folder.write("Net v2.pt", "weights");
  const auto made = place.import(place.folder.path / "Net v2.pt");
  if (!made) FAIL(made.error().what);
  CHECK(made->name == "net-v2");
  const auto model = read_model_file(made->model);
  REQUIRE(model);
  CHECK(model->format == ModelFormat::torchscript);
  CHECK(model->file == "model.pt");
  CHECK(model->card.intended_use == "Not stated");
  CHECK(read_pipeline_file(made->pipeline));
}

TEST_CASE("an import that fails leaves nothing, and nothing is written over") {
  const Place place;
  place.folder.write("net.pt", "weights");
  place.folder.write("net.txt", "text");
  place.folder.write("empty/x", "");
  for (const char* source : {"net.txt", "empty", "nowhere"}) CHECK_FALSE(place.import(place.folder.path / source));
  for (const char* name : {"../up", "Upper", "a b", "/tmp/x"})
    CHECK_FALSE(place.import(place.folder.path / "net.pt", name));
  CHECK(place.is_empty());
  REQUIRE(place.import(place.folder.path / "net.pt"));
  const auto again = place.import(place.folder.path / "net.pt");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Errc::refused);
  CHECK(fs::exists(place.folder.path / "models/net/model.json"));
}

TEST_CASE("the bundles beside the repository are imported") {
  for (const char* name : {"phantom_ct_segmentation", "phantom_cr_classification"}) {
    const auto source = fs::path(INFERAD_SHARED_DIR) / "data/monai/bundles" / name;
    if (!fs::exists(source)) {
      std::cout << "SKIPPED: no " << name << " beside the repository\n";
      return;
    }
    const Place place;
    const auto made = place.import(source);
    if (!made) FAIL(made.error().what);
    CHECK(made->name == name);
    CHECK(read_weights(*read_model_file(made->model)));
    const auto pipeline = read_pipeline_file(made->pipeline);
    REQUIRE(pipeline);
    const bool segments = std::string(name).ends_with("segmentation");
    CHECK(pipeline->input.dimensions == (segments ? 3 : 2));
    if (segments)
      CHECK(std::get<Segmentation>(pipeline->output).labels.size() == 4);
    else
      CHECK(std::get<Classification>(pipeline->output).classes.size() == 4);
  }
}

}  // namespace inferad::recipe
