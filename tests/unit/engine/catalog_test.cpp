// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/catalog.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "pipelines/recipe/model_file.h"

using namespace inferad;
using namespace inferad::engine;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

const fs::path kSource = INFERAD_SOURCE_DIR;
const fs::path kPipeline = kSource / "pipelines/catalog/ct-lung-density", kModel = kSource / "models/lung-topology";

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "inferad-catalog-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

Json shipped(const fs::path& file) { return Json::parse(std::ifstream(file)); }

std::string pipeline_error(const Json& document) {
  const Folder folder;
  const auto place = folder.path / "ct-lung-density";
  fs::create_directory(place);
  std::ofstream(place / "pipeline.json") << document.dump();
  const auto spec = read_pipeline(place);
  return spec ? "" : spec.error().what;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

int validate_with(const std::string& schema, const fs::path& document) {
  const auto command = "/usr/bin/python3 '" + (kSource / "tests/unit/findings/check_schema.py").string() + "' '" +
                       (kSource / "config/schema" / schema).string() + "' '" + document.string() + "'";
  const int status = WEXITSTATUS(std::system(command.c_str()));
  if (status == 77) std::cout << "SKIPPED: python3-jsonschema is not installed\n";
  return status;
}

}  // namespace

TEST_CASE("the shipped pipeline and model are read, and their files valid under the schemas") {
  const auto spec = read_pipeline(kPipeline);
  REQUIRE(spec);
  CHECK(spec->name == "ct-lung-density");
  CHECK(spec->rules.size() == 2);
  CHECK(spec->eligibility.slice_distance_max_mm == 5);
  const auto model = recipe::read_model_file(kSource / "models" / spec->model);
  REQUIRE(model);
  CHECK(recipe::read_weights(*model));
  for (const int status : {validate_with("pipeline.schema.json", kPipeline / "pipeline.json"),
                           validate_with("model.schema.json", kModel / "model.json")})
    CHECK((status == 0 || status == 77));
}

TEST_CASE("every mistake in pipeline.json is told with file and place") {
  const auto good = shipped(kPipeline / "pipeline.json");
  CHECK(pipeline_error(good).empty());
  const auto with = [&](const char* pointer, const Json& value) {
    auto bad = good;
    bad[Json::json_pointer(pointer)] = value;
    return pipeline_error(bad);
  };
  CHECK(contains(with("/name", "other"), ": /name: found the text \"other\", expected the name of the folder"));
  CHECK(contains(with("/kind", "dance"), "/kind: found the text \"dance\", expected \"lung-density\""));
  CHECK(contains(with("/colour", "red"), "/colour: no such setting"));
  CHECK(contains(with("/eligibility/slice_distance_mm_max", "5"), "/eligibility/slice_distance_mm_max"));
  CHECK(contains(with("/eligibility/coverage_mm_min", -1),
                 "/eligibility/coverage_mm_min: found -1, expected a number from 0 to 1000"));
  CHECK(contains(with("/lungs/airways/wall_mm", 99), "/lungs/airways/wall_mm"));
  CHECK(contains(with("/findings/1/measure", "LAA"),
                 "/findings/1/measure: found the text \"LAA\", expected \"LAA-950\""));
  CHECK(contains(with("/findings/0/priority", "LOW"), "/findings/0/priority"));
  CHECK(contains(with("/findings/0/concept/value", std::string(65, 'x')), "/findings/0/concept/value"));
  for (const char* key : {"version", "model", "eligibility", "findings"}) {
    auto bad = good;
    bad.erase(key);
    CHECK(contains(pipeline_error(bad), std::string("\"") + key + "\" is missing"));
  }
}

TEST_CASE("what is not there or no JSON is told with the file") {
  const Folder folder;
  CHECK(contains(read_pipeline(folder.path).error().what, "pipeline.json"));
  std::ofstream(folder.path / "pipeline.json") << "{";
  CHECK(contains(read_pipeline(folder.path).error().what, "(document): the text ends too early"));
}
