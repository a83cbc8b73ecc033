// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/pipeline_file.h"
#include "tests/unit/recipe/made_files.h"

namespace inferad::recipe {
namespace {

using namespace testing;

Result<PipelineFile> read(const Json& uncertainty, Json document = good_pipeline()) {
  const Folder folder;
  document["uncertainty"] = uncertainty;
  folder.write("spleen/pipeline.json", document.dump(1));
  return read_pipeline_file(folder.path / "spleen");
}

// What is said about the member.
std::string problem(const Json& uncertainty, const Json& document = good_pipeline()) {
  const auto pipeline = read(uncertainty, document);
  if (pipeline) return "";
  const auto& what = pipeline.error().what;
  return what.substr(what.find("/uncertainty"));
}

bool contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

}  // namespace

TEST_CASE("one model looks once unless more is asked for") {
  const auto plain = read(Json::object());
  CHECK_FALSE(plain);
  const auto both = read(
      {{"augmentation", {"flip_x", "flip_yz"}}, {"ensemble", {"net-2", "net-3"}}, {"indeterminate_deviations", 1.5}});
  REQUIRE(both);
  CHECK(both->uncertainty.members() == 9);
  CHECK(both->uncertainty.augmentation == std::vector<Mirror>{{true, false, false}, {false, true, true}});
  CHECK(both->uncertainty.ensemble == std::vector<std::string>{"net-2", "net-3"});
  CHECK(both->uncertainty.indeterminate_deviations == 1.5);
  CHECK(name_of(both->uncertainty.augmentation[1]) == "flip_yz");
  const auto one = read({{"ensemble", "net-2"}});
  REQUIRE(one);
  CHECK(one->uncertainty.members() == 2);
}

TEST_CASE("mistakes of the uncertainty have their place") {
  CHECK(contains(problem(Json::object()), "/uncertainty: found an object, expected \"augmentation\", \"ensemble\""));
  CHECK(contains(problem({{"augmentation", {"flip"}}}), "/uncertainty/augmentation/0: found the text \"flip\""));
  CHECK(contains(problem({{"augmentation", {"flip_x", "flip_x"}}}), "\"flip_x\" is given twice"));
  CHECK(contains(problem({{"ensemble", {"net"}}}), "/uncertainty/ensemble: \"net\" is \"model\" already"));
  CHECK(contains(problem({{"ensemble", {"a", "a"}}}), "\"a\" is given twice"));
  CHECK(contains(problem({{"ensemble", {"a"}}, {"indeterminate_deviations", -1}}), "/indeterminate_deviations: found"));
  CHECK(contains(problem({{"ensemble", {"a"}}, {"mean", true}}), "/uncertainty/mean: no such setting"));
  const Json all = {"flip_x", "flip_y", "flip_z", "flip_xy", "flip_xz", "flip_yz", "flip_xyz"};
  CHECK(problem({{"augmentation", all}, {"ensemble", {"a", "b", "c"}}}) == "");
  CHECK(contains(problem({{"augmentation", all}, {"ensemble", {"a", "b", "c", "d"}}}), "asks for 40 answers"));
}

TEST_CASE("what a mirror would make wrong is refused") {
  const Json mirror = {{"augmentation", {"flip_x"}}};
  auto sided = good_pipeline();
  sided["output"]["labels"][0]["laterality"] = code("7771000", "Left");
  CHECK(contains(problem(mirror, sided), "/uncertainty/augmentation: a label or finding has a laterality"));
  CHECK(problem({{"ensemble", {"a"}}}, sided) == "");
  auto found = good_pipeline();
  found["findings"][0]["laterality"] = code("7771000", "Left");
  CHECK(contains(problem(mirror, found), "in a mirror left is right"));
  auto image = good_pipeline();
  image["input"] = {{"dimensions", 2}};
  CHECK(
      contains(problem({{"augmentation", {"flip_xz"}}}, image), "/uncertainty/augmentation/0: an image has no third"));
  auto detector = good_pipeline();
  for (const char* name : {"measurements", "findings", "inferer", "postprocessing"}) detector.erase(name);
  detector["output"] = {
      {"kind", "detection"},
      {"form", "point"},
      {"scores", "score"},
      {"score_min", 0},
      {"labels", Json::array({{{"value", 0}, {"id", "n"}, {"label", "N"}, {"concept", code("1", "N")}}})}};
  CHECK(contains(problem({{"ensemble", {"a"}}}, detector), "/uncertainty: only a segmentation"));
}

}  // namespace inferad::recipe
