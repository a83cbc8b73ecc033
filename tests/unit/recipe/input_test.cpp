// SPDX-License-Identifier: Apache-2.0
// The member "input" of pipeline.json.
#include "pipelines/recipe/pipeline_file.h"
#include "tests/unit/recipe/made_files.h"

namespace inferad::recipe {
namespace {

using namespace testing;

Result<PipelineFile> read(const Json& input) {
  const Folder folder;
  auto document = good_pipeline();
  document["input"] = input;
  folder.write("spleen/pipeline.json", document.dump());
  return read_pipeline_file(folder.path / "spleen");
}

// What is said, from the JSON pointer on.
std::string problem(const Json& input) {
  const auto pipeline = read(input);
  if (pipeline) return "";
  const auto& what = pipeline.error().what;
  return what.substr(what.find("/input"));
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

}  // namespace
}  // namespace inferad::recipe
