// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/join_file.h"

#include "tests/unit/recipe/made_files.h"

namespace inferad::recipe {
namespace {

using namespace testing;

Json good() {
  return {{"name", "chest"},
          {"version", "1"},
          {"kind", "join"},
          {"title", "Chest"},
          {"manufacturer", "Me"},
          {"inputs", {"density", "nodules"}},
          {"findings", Json::array({{{"id", "both"},
                                     {"name", "Both"},
                                     {"concept", code("1", "Both")},
                                     {"priority", "HIGH"},
                                     {"when",
                                      {{"all",
                                        {{{"pipeline", "density"}, {"finding", "emphysema"}},
                                         {{"any",
                                           {{{"pipeline", "nodules"}, {"finding", "nodule"}, {"is", "absent"}},
                                            {{"pipeline", "density"},
                                             {"item", "lung-left"},
                                             {"measurement", "Volume"},
                                             {"at_least", 100},
                                             {"at_most", 5000}}}}}}}}}}})}};
}

Result<JoinFile> read(const Json& document) {
  const Folder folder;
  folder.write("chest/pipeline.json", document.dump(1));
  return read_join_file(folder.path / "chest");
}

bool says(const char* pointer, const Json& value, const std::string& part) {
  auto document = good();
  document[Json::json_pointer(pointer)] = value;
  const auto file = read(document);
  const auto text = file ? std::string("nothing") : file.error().what;
  if (text.find(part) != std::string::npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

}  // namespace

TEST_CASE("a join has inputs, and conditions over what they say") {
  const auto file = read(good());
  REQUIRE(file);
  CHECK(file->inputs == std::vector<std::string>{"density", "nodules"});
  const auto& when = file->findings.at(0).when;
  CHECK(file->findings[0].level == "HIGH");
  REQUIRE(when.kind == JoinCondition::Kind::all);
  CHECK(when.parts.at(0).item == "emphysema");
  CHECK_FALSE(when.parts[0].absent);
  const auto& any = when.parts.at(1);
  REQUIRE(any.kind == JoinCondition::Kind::any);
  CHECK(any.parts.at(0).absent);
  CHECK(any.parts.at(1).measurement == "Volume");
  CHECK(any.parts[1].range.least == 100);
  CHECK(any.parts[1].range.most == 5000);
}

TEST_CASE("mistakes of a join have their place") {
  const char* first = "/findings/0/when/all/0";
  CHECK(says("/inputs", {"density", "density"}, "/inputs/1: found the text \"density\", expected the name of another"));
  CHECK(says("/inputs", {"chest"}, "/inputs/0"));
  CHECK(
      says(first, {{"pipeline", "bones"}, {"finding", "x"}}, "/findings/0/when/all/0/pipeline: \"bones\" is none of"));
  CHECK(says(first, {{"pipeline", "density"}}, "\"finding\" is missing"));
  CHECK(says(first, {{"pipeline", "density"}, {"finding", "x"}, {"is", "measured"}},
             "expected \"present\" or \"absent\""));
  CHECK(
      says(first, {{"pipeline", "density"}, {"item", "x"}, {"measurement", "V"}}, "\"at_least\", \"at_most\" or both"));
  CHECK(says("/findings/0/when", {{"all", Json::array()}}, "/findings/0/when/all"));
  CHECK(says("/findings/1", good()["findings"][0], "\"both\" is given twice"));
  CHECK(says("/model", "net", "/model: no such setting"));
  Json deep = {{"pipeline", "density"}, {"finding", "x"}};
  for (int i = 0; i < 6; ++i) deep = {{"any", Json::array({deep})}};
  CHECK(says("/findings/0/when", deep, "nested more than 4 deep"));
}

}  // namespace inferad::recipe
