// SPDX-License-Identifier: Apache-2.0
// The member "input" of pipeline.json.
#include "pipelines/recipe/pipeline_file.h"
#include "tests/unit/recipe/made_files.h"

namespace inferad::recipe {
namespace {

using namespace testing;

Result<PipelineFile> read(const Json& input, const std::string& output = "segmentation",
                          const std::string& inferer = "SimpleInferer") {
  const Folder folder;
  auto document = good_pipeline();
  document["input"] = input;
  document["inferer"] = {{"_target_", inferer}, {"roi_size", {8, 8}}};
  if (output == "classification") {
    document["output"] = {{"kind", output}, {"classes", {"a", "b"}}, {"scores", "score"}};
    for (const char* name : {"measurements", "findings"}) document.erase(name);
  }
  if (output == "detection") {
    const Json label = {{"value", 1},
                        {"id", "spot"},
                        {"label", "Spot"},
                        {"concept", {{"value", "27925004"}, {"scheme", "SCT"}, {"meaning", "Nodule"}}}};
    document["output"] = {{"kind", output},
                          {"form", "point"},
                          {"scores", "probability"},
                          {"score_min", 0.4},
                          {"labels", Json::array({label})}};
    for (const char* name : {"measurements", "findings", "postprocessing"}) document.erase(name);
  }
  folder.write("spleen/pipeline.json", document.dump());
  return read_pipeline_file(folder.path / "spleen");
}

// What is said, from the JSON pointer on.
std::string problem(const Json& input, const std::string& output = "segmentation",
                    const std::string& pointer = "/input", const std::string& inferer = "SimpleInferer") {
  const auto pipeline = read(input, output, inferer);
  if (pipeline) return "";
  const auto& what = pipeline.error().what;
  const auto begin = what.find(pointer);
  return begin == std::string::npos ? what : what.substr(begin);
}

Json header(const Json& entry) { return {{"header", Json::array({entry})}}; }

TEST_CASE("values of the header are read with unit, scale, range, codes and default") {
  const auto pipeline = read({{"header",
                               {{{"attribute", "PatientAge"},
                                 {"unit", "mo"},
                                 {"scale", 0.5},
                                 {"offset", -3},
                                 {"range", {{"min", 12}}},
                                 {"default", 24}},
                                {{"attribute", "PatientSex"}, {"codes", {{"F", 0}, {"M", 1.5}}}}}}});
  if (!pipeline) FAIL(pipeline.error().what);
  const auto& inputs = pipeline->input.header;
  REQUIRE(inputs.size() == 2);
  CHECK(inputs[0].attribute->keyword == "PatientAge");
  CHECK(inputs[0].unit.factor == 12);
  CHECK(inputs[0].scale == 0.5);
  CHECK(inputs[0].offset == -3);
  CHECK(inputs[0].range.least == 12.0);
  CHECK(inputs[0].fallback == 24.0);
  CHECK(inputs[1].codes == std::map<std::string, double>{{"F", 0}, {"M", 1.5}});
  CHECK_FALSE(inputs[1].fallback);
}

TEST_CASE("mistakes in values of the header have their place") {
  CHECK(problem(header({{"attribute", "PatientName"}})).starts_with("/input/header/0/attribute: found the text"));
  CHECK(problem(header({{"attribute", "PatientAge"}})).find("unit") != std::string::npos);
  CHECK(problem(header({{"attribute", "PatientAge"}, {"unit", "kg"}})).find("\"a\", \"mo\" or \"d\"") !=
        std::string::npos);
  CHECK(problem(header({{"attribute", "PatientAge"}, {"unit", "a"}, {"codes", {{"F", 0}}}}))
            .starts_with("/input/header/0"));
  CHECK(problem(header({{"attribute", "PatientSex"}})).find("codes") != std::string::npos);
  CHECK(problem(header({{"attribute", "PatientSex"}, {"codes", Json::object()}})).starts_with("/input/header/0/codes"));
  CHECK(problem(header({{"attribute", "PatientSex"}, {"codes", {{"F", "x"}}}})).starts_with("/input/header/0/codes/F"));
  CHECK(problem(header({{"attribute", "KVP"}, {"unit", "kV"}, {"range", {{"max", 100}}}, {"default", 120}})) ==
        "/input/header/0/default: lies outside \"range\"");
  const Json age = {{"attribute", "PatientAge"}, {"unit", "a"}};
  CHECK(problem({{"header", {age, age}}}) == "/input/header/1: \"PatientAge\" is given twice");
  CHECK(problem({{"header", Json::array()}}).starts_with("/input/header"));
}

TEST_CASE("several images are read with what tells them apart and how they come together") {
  const auto pipeline = read(
      {{"dimensions", 2},
       {"images",
        {{{"name", "left_cc"}, {"laterality", "L"}, {"view", "CC"}}, {{"name", "side"}, {"view", {"LL", "LATERAL"}}}}},
       {"join", "batch"}},
      "classification");
  if (!pipeline) FAIL(pipeline.error().what);
  const auto& input = pipeline->input;
  REQUIRE(input.images.size() == 2);
  CHECK(input.images[0].name == "left_cc");
  CHECK(input.images[0].laterality == "L");
  CHECK(input.images[1].laterality.empty());
  CHECK(input.images[1].views == std::vector<std::string>{"LL", "LATERAL"});
  CHECK(input.join == Input::Join::batch);
  CHECK(input.frames == findings::FrameChoice::none);
}

TEST_CASE("frames are all or one of them") {
  CHECK(read({{"dimensions", 2}, {"frames", "all"}}, "classification")->input.frames == findings::FrameChoice::all);
  CHECK(read({{"dimensions", 2}, {"frames", "middle"}})->input.frames == findings::FrameChoice::middle);
  CHECK(problem({{"dimensions", 2}, {"frames", "last"}}).starts_with("/input/frames: found the text \"last\""));
  CHECK(problem({{"frames", "first"}}) == "/input/frames: frames are images: \"dimensions\" must be 2");
}

TEST_CASE("mistakes in several images have their place") {
  const Json left = {{"name", "left"}, {"laterality", "L"}}, right = {{"name", "right"}, {"laterality", "R"}};
  const auto with = [&](const Json& images, const Json& more = Json::object()) {
    Json input = {{"dimensions", 2}, {"images", images}};
    input.update(more);
    return problem(input, "classification");
  };
  CHECK(with({left, right}).empty());
  CHECK(with({left}).starts_with("/input/images"));
  CHECK(with({left, left}) == "/input/images/1: \"left\" is given twice");
  CHECK(with({left, {{"name", "x"}}}).starts_with("/input/images/1"));
  CHECK(with({left, {{"name", "x"}, {"laterality", "left"}}}).starts_with("/input/images/1/laterality"));
  CHECK(with({left, right}, {{"join", "sum"}}).starts_with("/input/join"));
  CHECK(with({left, right}, {{"dimensions", 3}}).find("must be 2") != std::string::npos);
  CHECK(with({left, right}, {{"frames", "all"}}).find("exclude one another") != std::string::npos);
  CHECK(problem({{"join", "batch"}}) == "/input/join: there are no \"images\" to join");
}

TEST_CASE("several images and all frames give numbers, from the whole image") {
  const Json frames = {{"dimensions", 2}, {"frames", "all"}};
  CHECK(problem(frames, "segmentation", "/output").find("a classification or a regression only") != std::string::npos);
  CHECK(problem(frames, "classification", "/inferer", "SliceInferer").find("only SimpleInferer") != std::string::npos);
}

TEST_CASE("a detector is shown each of several images by itself") {
  const Json left = {{"name", "left"}, {"laterality", "L"}}, right = {{"name", "right"}, {"laterality", "R"}};
  const Json images = Json::array({left, right});
  CHECK(problem({{"dimensions", 2}, {"images", images}}, "detection") ==
        "/input: a detector is shown each of several images by itself: \"join\" must be \"batch\"");
  CHECK(problem({{"dimensions", 2}, {"images", images}, {"join", "batch"}}, "detection") == "");
}

}  // namespace
}  // namespace inferad::recipe
