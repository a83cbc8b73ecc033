// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/config/temporary_config.h"

namespace inferad::config {

namespace {

constexpr const char* kRun = R"("then": {"pipeline": "ct-lung-density"})";
constexpr const char* kCt = R"("when": {"attribute": "Modality", "equals": "CT"})";

std::string rules(const std::string& list) { return "{\"rules\": [\n" + list + "]}"; }

}  // namespace

TEST_CASE("a rule is read with its series choice") {
  TemporaryConfig config;
  const auto routing = config.routing(rules(std::string("{\"name\": \"a\", ") + kRun + R"(, "series": {
    "where": {"orientation": ["axial", "oblique"]},
    "prefer": [{"attribute": "ConvolutionKernel", "matches": "soft"}, "longest", "thinnest", "most_images"]}})"));
  INFO((config.problems.empty() ? "" : config.problems[0]));
  REQUIRE(config.problems.empty());
  CHECK_FALSE(routing.all_matches);
  const auto& rule = routing.rules.at(0);
  CHECK(rule.pipeline == "ct-lung-density");
  CHECK(to_string(rule.when) == "always");
  CHECK(to_string(rule.series) == "orientation is axial or oblique");
  REQUIRE(rule.prefer.size() == 4);
  CHECK(to_string(rule.prefer[0]) == "ConvolutionKernel matches /soft/");
  CHECK(rule.prefer[1].kind == Preference::Kind::longest);
  CHECK(to_string(rule.prefer[2]) == "thinnest");
}

TEST_CASE("a rule knows that its pipeline joins what others say, which takes all rules that match") {
  TemporaryConfig config;
  const auto catalog = config.folder() / "pipelines/catalog";
  std::filesystem::create_directories(catalog / "chest-report");
  std::ofstream(catalog / "chest-report/pipeline.json") << R"({"kind": "join"})";
  const std::string list = R"({"name": "a", "then": {"pipeline": "ct-lung-density"}},
{"name": "b", "then": {"pipeline": "chest-report"}})";
  const auto routing = config.routing("{\"match\": \"all\", \"rules\": [\n" + list + "]}");
  REQUIRE(config.problems.empty());
  CHECK_FALSE(routing.rules.at(0).joins);
  CHECK(routing.rules.at(1).joins);
  config.routing(rules(R"({"name": "b", "then": {"pipeline": "chest-report"}})"));
  CHECK(config.only_problem("2:36: /rules/0/then/pipeline", "set \"match\": \"all\""));
}

TEST_CASE("a rule without pipeline says why") {
  TemporaryConfig config;
  const auto routing = config.routing(
      rules(R"({"name": "a", "then": {"no_analysis": "not_analysed", "because": "no model is installed"}})"));
  REQUIRE(config.problems.empty());
  CHECK(routing.rules[0].not_analysed);
  CHECK(routing.rules[0].because == "no model is installed");
}

TEST_CASE("each wrong rule is told at its place") {
  TemporaryConfig config;
  const auto check = [&](const std::string& list, const std::string& place, const std::string& words) {
    config.routing(rules(list));
    INFO(list << "\n" << (config.problems.empty() ? "no problem" : config.problems[0]));
    CHECK(config.only_problem(place, words));
  };
  check("", "1:11: /rules", "a list of 1 to 256");
  check(R"({"then": {"pipeline": "ct-lung-density"}})", "2:1: /rules/0", "\"name\" is missing");
  check(R"({"name": "", "then": {"pipeline": "ct-lung-density"}})", "2:1: /rules/0", "\"name\" is empty");
  check(R"({"name": "a"})", "2:1: /rules/0", "\"then\" is missing");
  check(R"({"name": "a", "then": {}})", "2:23: /rules/0/then", "expected either");
  check(R"({"name": "a", "then": {"no_analysis": "not_analysed"}})", "2:23: /rules/0/then", "\"because\" is missing");
  check(R"({"name": "a", "then": {"pipeline": "no-such"}})", "2:36: /rules/0/then/pipeline",
        "there are \"ct-lung-density\"");
  check(R"({"name": "a", "thne": 1, "then": {"pipeline": "ct-lung-density"}})", "2:15: /rules/0/thne",
        "did you mean \"then\"?");
  check(R"({"name": "a", "series": {}, "then": {"no_analysis": "not_analysed", "because": "b"}})",
        "2:25: /rules/0/series", "remove \"series\"");
  check(std::string("{\"name\": \"a\", ") + kCt + ", " + kRun + "},\n{\"name\": \"a\", " + kRun + "}",
        "3:10: /rules/1/name", "already used at /rules/0");
}

TEST_CASE("a rule that can never be reached is a mistake") {
  TemporaryConfig config;
  const std::string first = std::string("{\"name\": \"a\", ") + kCt + ", " + kRun + "},\n";
  config.routing(
      rules(first +
            R"({"name": "b", "when": {"all": [{"images": {"min": 2}}, {"attribute": "Modality", "equals": "CT"}]}, )" +
            kRun + "}"));
  CHECK(config.only_problem("3:1: /rules/1", "never reached: rule \"a\""));
  config.routing("{\"match\": \"all\", \"rules\": [" + first + "{\"name\": \"b\", " + kCt + ", " + kRun + "}]}");
  CHECK(config.problems.empty());
}

}  // namespace inferad::config
