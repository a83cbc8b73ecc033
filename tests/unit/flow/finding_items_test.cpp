// SPDX-License-Identifier: Apache-2.0
#include "server/flow/finding_items.h"

#include <catch2/catch.hpp>

namespace inferad::flow {

TEST_CASE("findings are told item by item, with what the pipeline said of each") {
  const auto said = finding_items(R"({"outcome": "analysed", "pipeline_version": "1.2.0",
    "algorithm": {"model_sha256": "abc"}, "items": [
      {"id": "emphysema", "concept": {"meaning": "Pulmonary emphysema"}, "presence": "present"},
      {"id": "left", "presence": "measured"}, {"presence": "absent"}, 7]})");
  CHECK(said.analysed);
  CHECK(said.pipeline_version == "1.2.0");
  CHECK(said.model_sha256 == "abc");
  REQUIRE(said.items.size() == 2);
  CHECK(said.find("emphysema")->label == "Pulmonary emphysema");
  CHECK(said.find("emphysema")->presence == "present");
  CHECK(said.find("left")->label == "left");
  CHECK(said.find("right") == nullptr);
}

TEST_CASE("what is no findings.json has no items") {
  for (const char* text : {"", "[]", "{", R"({"items": 7})", R"({"outcome": 3, "algorithm": []})", "null"}) {
    INFO(text);
    const auto said = finding_items(text);
    CHECK_FALSE(said.analysed);
    CHECK(said.items.empty());
  }
  CHECK_FALSE(finding_items(R"({"outcome": "not_analysed"})").analysed);
}

}  // namespace inferad::flow
