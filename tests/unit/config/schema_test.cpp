// SPDX-License-Identifier: Apache-2.0
// The schema of inferad.json tells the truth about the reader: same members, defaults and limits.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/config/temporary_config.h"

namespace inferad::config {

namespace {

using nlohmann::json;

struct Member {
  std::string section, name;  // section "": top level
  json schema;
};

std::vector<Member> members(const json& properties, const std::string& section = "") {
  std::vector<Member> out;
  for (const auto& [name, schema] : properties.items()) {
    if (section.empty() && schema.contains("properties")) {
      for (auto& inner : members(schema["properties"], name)) out.push_back(std::move(inner));
    } else {
      out.push_back({section, name, schema});
    }
  }
  return out;
}

std::vector<Member> schema_members() {
  std::ifstream file(INFERAD_SOURCE_DIR "/config/schema/inferad.schema.json");
  return members(json::parse(file)["properties"]);
}

std::string document(const Member& member, const json& value) {
  json settings = json::object();
  (member.section.empty() ? settings : settings[member.section])[member.name] = value;
  return settings.dump();
}

}  // namespace

TEST_CASE("every default of the schema is the reader's") {
  TemporaryConfig config;
  const auto defaults = config.settings("{}");
  int compared = 0;
  for (const auto& member : schema_members()) {
    if (!member.schema.contains("default")) continue;
    INFO(member.section << "/" << member.name);
    CHECK(config.settings(document(member, member.schema["default"])) == defaults);
    CHECK(config.problems.empty());
    ++compared;
  }
  CHECK(compared > 40);
}

TEST_CASE("every limit of the schema is the reader's, and every number is read") {
  TemporaryConfig config;
  const auto defaults = config.settings("{}");
  for (const auto& member : schema_members()) {
    const auto& schema = member.schema;
    if (!schema.contains("minimum")) continue;
    INFO(member.section << "/" << member.name);
    const bool whole = schema["type"] == "integer";
    const auto beyond = [&](const char* limit, int step) {
      return whole ? json(schema[limit].get<std::int64_t>() + step) : json(schema[limit].get<double>() + step * 0.01);
    };
    const auto refused = [&](const json& value) {
      config.settings(document(member, value));
      return config.problems.size() == 1 && config.problems[0].find("expected a") != std::string::npos;
    };
    CHECK(refused(beyond("minimum", -1)));
    CHECK(refused(beyond("maximum", 1)));
    CHECK_FALSE(refused(schema["minimum"]));
    CHECK_FALSE(refused(schema["maximum"]));
    const auto other = schema.value("default", json()) == schema["maximum"] ? schema["minimum"] : schema["maximum"];
    CHECK_FALSE(config.settings(document(member, other)) == defaults);
  }
}

TEST_CASE("the schema names every member that the reader knows") {
  TemporaryConfig config;
  json empty = json::object();
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& member : schema_members()) names[member.section].push_back('"' + member.name + '"');
  for (const auto& [section, expected] : names) {
    config.settings(section.empty() ? R"({"qqqqqqqqqqqqqqqq": 1})"
                                    : "{\"" + section + R"(": {"qqqqqqqqqqqqqqqq": 1}})");
    REQUIRE(config.problems.size() == 1);
    const auto known = std::count(config.problems[0].begin(), config.problems[0].end(), '"') / 2;
    auto count = static_cast<std::ptrdiff_t>(expected.size());
    if (section.empty()) count += static_cast<std::ptrdiff_t>(names.size()) - 1;
    INFO(config.problems[0]);
    CHECK(known == count);
    for (const auto& name : expected) CHECK(config.problems[0].find(name) != std::string::npos);
  }
}

}  // namespace inferad::config
