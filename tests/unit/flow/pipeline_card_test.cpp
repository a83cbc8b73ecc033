// SPDX-License-Identifier: Apache-2.0
#include "server/flow/pipeline_card.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

namespace inferad::flow {

TEST_CASE("a card joins a pipeline with its models, and knows no other files") {
  namespace fs = std::filesystem;
  std::string pattern = (fs::temp_directory_path() / "inferad-card-XXXXXX").string();
  const fs::path folder = ::mkdtemp(pattern.data());
  const auto put = [&](const fs::path& file, const std::string& text) {
    fs::create_directories((folder / file).parent_path());
    std::ofstream(folder / file) << text;
  };
  put("catalog/lung/pipeline.json", R"({"name": "lung", "version": "2.0.0", "model": "net", "preprocessing": [1],
    "findings": [{"id": "e", "at_least": 0.5}], "uncertainty": {"ensemble": ["other", "gone", "../x", 7]}})");
  put("models/net/model.json", R"({"name": "net", "sha256": "ab", "file": "m.pt", "card": {"limits": ["a"]}})");
  put("models/other/model.json", R"({"name": "other", "card": {}})");
  put("x/model.json", "{}");
  put("secret.json", "{}");
  const auto card = [&](const std::string& name) { return pipeline_card(folder / "catalog", folder / "models", name); };
  const auto json = nlohmann::json::parse(*card("lung"));
  CHECK(json["version"] == "2.0.0");
  CHECK(json["findings"][0]["at_least"] == 0.5);
  CHECK_FALSE(json.contains("preprocessing"));
  REQUIRE(json["models"].size() == 2);
  CHECK(json["models"][0]["sha256"] == "ab");
  CHECK(json["models"][0]["card"]["limits"][0] == "a");
  CHECK_FALSE(json["models"][0].contains("file"));
  CHECK(json["models"][1]["name"] == "other");
  for (const char* name : {"", "..", ".", "../catalog/lung", "none", "lung/", "a b"})
    CHECK(card(name).error().code == Errc::not_found);
  put("catalog/bad/pipeline.json", "{");
  CHECK(card("bad").error().code == Errc::not_found);
  fs::remove_all(folder);
}

}  // namespace inferad::flow
