// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/engine.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using namespace inferad::engine;
namespace fs = std::filesystem;

namespace {

const fs::path kSource = INFERAD_SOURCE_DIR;
const fs::path kCatalog = kSource / "pipelines/catalog", kModels = kSource / "models";

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "inferad-engine-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

findings::Job job() {
  findings::Job result;
  result.id = "17";
  result.pipeline = "ct-lung-density";
  result.study_uid = "1.2.3.4";
  result.created_at = "2026-11-24T23:30:00.123Z";
  return result;
}

}  // namespace

TEST_CASE("the shipped catalog is ready, warm, and measures a made chest the same way each time") {
  auto engine = Engine::load(kCatalog, kModels);
  REQUIRE(engine);
  CHECK(engine->refused().empty());
  for (const char* name : {"ct-lung-density", "dx-acquisition-check", "mr-acquisition-check"})
    REQUIRE(engine->find(name) != nullptr);
  CHECK(engine->find("ct-lung-density")->models.at(0).sha256.size() == 64);
  CHECK(engine->find("no-such") == nullptr);
  CHECK_FALSE(engine->blas().empty());

  const auto image = testing::made_chest();
  std::vector<std::string> stages;
  const auto progress = [&](std::string_view stage, double fraction) {
    CHECK((fraction >= 0 && fraction <= 1));
    if (stages.empty() || stages.back() != stage) stages.emplace_back(stage);
  };
  const auto first = engine->run("ct-lung-density", image, job(), progress);
  REQUIRE(first);
  CHECK(first->findings.outcome == findings::Outcome::analysed);
  CHECK(validate(first->findings));
  CHECK(stages == std::vector<std::string>{"prepare", "infer", "measure"});
  const double truth = static_cast<double>(testing::voxels_near(image, testing::kLungHu, 0, 79)) * 0.016;
  CHECK(first->findings.items.at(0).measurements.at(0).value == Approx(truth).epsilon(0.02));
  const auto second = engine->run("ct-lung-density", image, job(), progress);
  CHECK(to_json(second->findings) == to_json(first->findings));
  CHECK(second->labels.labels == first->labels.labels);
}

TEST_CASE("an image that is not eligible is answered with the reason") {
  auto engine = Engine::load(kCatalog, kModels);
  REQUIRE(engine);
  auto image = testing::made_chest();
  image.modality = "MR";
  const auto output = engine->run("ct-lung-density", image, job(), [](std::string_view, double) {});
  REQUIRE(output);
  CHECK(output->findings.outcome == findings::Outcome::not_analysed);
  CHECK(output->findings.reason.value == "MODALITY");
  CHECK(output->labels.labels.empty());
  CHECK(validate(output->findings));
  CHECK(engine->run("no-such", image, job(), [](std::string_view, double) {}).error().code == Errc::not_found);
}

TEST_CASE("a pipeline that cannot be used is refused and does not hinder the others") {
  const Folder folder;
  fs::copy(kCatalog, folder.path / "catalog", fs::copy_options::recursive);
  fs::copy(kModels, folder.path / "models", fs::copy_options::recursive);
  fs::create_directory(folder.path / "catalog/a-broken");
  std::ofstream(folder.path / "catalog/a-broken/pipeline.json") << "[]";
  auto engine = Engine::load(folder.path / "catalog", folder.path / "models");
  REQUIRE(engine);
  CHECK(engine->find("ct-lung-density") != nullptr);
  REQUIRE(engine->refused().size() == 1);
  CHECK(engine->refused()[0].name == "a-broken");
  CHECK(engine->refused()[0].reason.find("a-broken/pipeline.json:1:1: (document): \"kind\" is missing") !=
        std::string::npos);

  std::ofstream(folder.path / "models/lung-topology/model.py", std::ios::app) << "# changed\n";
  engine = Engine::load(folder.path / "catalog", folder.path / "models");
  REQUIRE(engine);
  CHECK(engine->find("ct-lung-density") == nullptr);
  REQUIRE(engine->refused().size() == 2);
  CHECK(engine->refused()[1].reason.find("weights differ from model.json") != std::string::npos);
}

TEST_CASE("folders or devices that are not there are errors") {
  CHECK_FALSE(Engine::load("/no/such/folder", kModels));
  CHECK_FALSE(Engine::load(kCatalog, "/no/such/folder"));
  CHECK(Engine::load(kCatalog, kModels, {.device = "abacus", .threads = 1}).error().code == Errc::refused);
  CHECK(Engine::load(kCatalog, kModels, {.device = "cuda:99", .threads = 1}).error().code == Errc::refused);
}
