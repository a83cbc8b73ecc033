// SPDX-License-Identifier: Apache-2.0
#include "server/base/json_document.h"

#include <catch2/catch.hpp>

#include "server/base/json_positions.h"

namespace inferad {

namespace {

std::string problem_of(const std::string& text) {
  Problems problems;
  const auto document = JsonDocument::parse("x.json", text, problems);
  if (document) return "no problem";
  return problems.size() == 1 ? to_string(problems[0]) : std::to_string(problems.size()) + " problems";
}

}  // namespace

TEST_CASE("every value is found at its line and column") {
  const auto positions = find_positions("{\n  \"a\": [1, {\"b/c\": \"x\"}],\n  \"ä~\": true\n}");
  REQUIRE(positions.problems.empty());
  CHECK(positions.places.at("").value == Position{1, 1});
  CHECK(positions.places.at("/a").key == Position{2, 3});
  CHECK(positions.places.at("/a").value == Position{2, 8});
  CHECK(positions.places.at("/a/0").value == Position{2, 9});
  CHECK(positions.places.at("/a/1/b~1c").key == Position{2, 13});
  CHECK(positions.places.at("/a/1/b~1c").value == Position{2, 20});
  CHECK(positions.places.at("/ä~0").value == Position{3, 9});  // ä is one column
}

TEST_CASE("a byte order mark and CRLF do not shift positions") {
  const auto positions = find_positions("\xef\xbb\xbf{\r\n \"a\": 1}");
  CHECK(positions.places.at("/a").value == Position{2, 7});
}

TEST_CASE("damaged JSON is told with its place and a hint") {
  CHECK(problem_of("") == "x.json:1:1: (document): the file is empty: expected an object { … }");
  CHECK(problem_of("{\"a\": 1,}") == "x.json:1:9: (document): no comma may stand before }: remove it");
  CHECK(problem_of("{\"a\": 1\n\"b\": 2}").starts_with("x.json:2:"));
  CHECK(problem_of("{\n// hello\n}").starts_with("x.json:2:1: (document): comments are not part of JSON"));
  CHECK(problem_of("{'a': 1}").find("double quotes") != std::string::npos);
  CHECK(problem_of("{\"a\": [1, 2").find("ends too early") != std::string::npos);
  CHECK(problem_of("{\"a\": 1e999}").find("too large") != std::string::npos);
  CHECK(problem_of("{\"a\": \"\xff\"}").starts_with("x.json:1:"));
}

TEST_CASE("a member given twice is told at the second place") {
  CHECK(problem_of("{\"a\": 1,\n \"a\": 2}") ==
        "x.json:2:2: /a: this member is already given in line 1: remove one of the two");
}

TEST_CASE("nesting, values, names and size have limits") {
  CHECK(problem_of(std::string(100'000, '[')).find("nested deeper than 32") != std::string::npos);
  std::string many = "[0";
  for (int i = 0; i < 30'000; ++i) many += ",0";
  CHECK(problem_of(many + "]").find("more than 20000 values") != std::string::npos);
  CHECK(problem_of("{\"" + std::string(200, 'a') + "\": 1}").find("longer than 128 bytes") != std::string::npos);
  CHECK(problem_of(std::string(kJsonBytesMax + 1, ' ')).find("longer than") != std::string::npos);
}

TEST_CASE("a text cut anywhere or with a byte changed never reads as something else than JSON") {
  const std::string text = R"({"a": [1, -2.5e3, "x\u00e4\"y"], "b": {"c": null, "d": true}})";
  for (std::size_t i = 0; i < text.size(); ++i) {
    CHECK(problem_of(text.substr(0, i)) != "no problem");
    for (const char c : {'\0', '{', ']', '"', ',', '\\', '\xff'}) {
      std::string changed = text;
      changed[i] = c;
      Problems problems;
      const auto document = JsonDocument::parse("x.json", changed, problems);
      CHECK((document != nullptr) == problems.empty());
    }
  }
}

TEST_CASE("a file that is not there is a problem") {
  Problems problems;
  CHECK_FALSE(JsonDocument::load("/nonexistent/x.json", problems));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].file == "/nonexistent/x.json");
}

TEST_CASE("the nearest word is found for usual mistakes only") {
  CHECK(nearest_word("prot", {"port", "bind"}) == "port");
  CHECK(nearest_word("aetitle", {"ae_title", "data_folder"}) == "ae_title");
  CHECK(nearest_word("zzz", {"port", "bind"}).empty());
}

}  // namespace inferad
