// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/config/temporary_config.h"

namespace inferad::config {

namespace {

// A rules file with one rule whose condition starts at line 2, column 1.
std::string with(const std::string& when) {
  return "{\"rules\": [{\"name\": \"a\", \"then\": {\"pipeline\": \"ct-lung-density\"}, \"when\":\n" + when + "}]}";
}

std::string text_of(TemporaryConfig& config, const std::string& when) {
  const auto routing = config.routing(with(when));
  return config.problems.empty() ? to_string(routing.rules.at(0).when) : "problem: " + config.problems[0];
}

}  // namespace

TEST_CASE("every kind of condition is read and told in words") {
  TemporaryConfig config;
  CHECK(text_of(config, R"({"attribute": "Modality", "equals": "CT"})") == "Modality is CT");
  CHECK(text_of(config, R"({"attribute": "Modality", "in": ["DX", "CR"]})") == "Modality is DX or CR");
  CHECK(text_of(config, R"({"attribute": "SliceThickness", "min": 0.5, "max": 5})") ==
        "SliceThickness is from 0.5 to 5");
  CHECK(text_of(config, R"({"attribute": ["BodyPartExamined", "ProtocolName"], "matches": "^ch(e|i)st"})") ==
        "BodyPartExamined or ProtocolName matches /^ch(e|i)st/");
  CHECK(text_of(config, R"({"attribute": "ImageType", "exists": false})") == "ImageType is absent");
  CHECK(text_of(config, R"({"images": {"min": 20}})") == "number of images is at least 20");
  CHECK(text_of(config, R"({"calling_ae": ["A", "B"]})") == "calling AE title is A or B");
  CHECK(
      text_of(config,
              R"({"series": {"all": [{"orientation": "axial"}, {"slice_distance": {"max": 5, "uniform": true}}]}})") ==
      "a series for which (orientation is axial and slice distance is at most 5 mm and uniform)");
  CHECK(
      text_of(
          config,
          R"({"any": [{"not": {"images": {"max": 1}}}, {"all": [{"images": {"min": 2}}, {"images": {"max": 9}}]}]})") ==
      "not (number of images is at most 1) or (number of images is at least 2 and number of images is at most 9)");
}

TEST_CASE("each wrong condition is told at its place") {
  TemporaryConfig config;
  const auto check = [&](const std::string& when, const std::string& place, const std::string& words) {
    config.routing(with(when));
    INFO(when << "\n" << (config.problems.empty() ? "no problem" : config.problems[0]));
    CHECK(config.only_problem(place, words));
  };
  check(R"({"attribute": "Modalty", "equals": "CT"})", "2:15: /rules/0/when/attribute", "did you mean \"Modality\"?");
  check(R"({"attribute": "Modality"})", "2:1: /rules/0/when", "expected one test");
  check(R"({"attribute": "Modality", "equals": "CT", "exists": true})", "2:1: /rules/0/when", "expected one test");
  check(R"({"attribute": "Modality", "min": 1})", "2:1: /rules/0/when", "is text");
  check(R"({"attribute": "SliceThickness", "min": 5, "max": 1})", "2:1: /rules/0/when", "min is above max");
  check(R"({"attribute": "Modality", "matches": "("})", "2:38: /rules/0/when/matches", "regular expression");
  check(R"({"attribute": "Modality", "matches": ""})", "2:38: /rules/0/when/matches", "1 to 1024");
  check(R"({"attribute": "Modality", "in": []})", "2:33: /rules/0/when/in", "a list of 1 to");
  check(R"({"orientation": "axial"})", "2:17: /rules/0/when/orientation", "only a series has this");
  check(R"({"series": {"series": {"images": {"min": 1}}}})", "2:23: /rules/0/when/series/series",
        "a series has no series");
  check(R"({"series": {"orientation": "axail"}})", "2:28: /rules/0/when/series/orientation", "did you mean \"axial\"?");
  check(R"({"images": {}})", "2:12: /rules/0/when/images", "\"min\" or \"max\"");
  check(R"({"calling_ae": ["12345678901234567"]})", "2:17: /rules/0/when/calling_ae/0", "1 to 16");
  check(R"({"all": [], "any": []})", "2:1: /rules/0/when", "exactly one of");
  check(R"({"all": [5]})", "2:10: /rules/0/when/all/0", "expected an object");
  check("{}", "2:1: /rules/0/when", "exactly one of");
}

TEST_CASE("a pattern matches anywhere, any case, in linear time") {
  const auto pattern = Pattern::compile("(a+)+$");
  REQUIRE(pattern);
  CHECK(Pattern::compile("chest")->found_in("CT Chest WO"));
  CHECK_FALSE(pattern->found_in(std::string(1000, 'a') + "b"));  // a backtracking engine would not end
  CHECK_FALSE(Pattern().found_in("anything"));
}

}  // namespace inferad::config
