// SPDX-License-Identifier: Apache-2.0
#include "server/web/feedback_api.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "server/web/csv.h"
#include "server/web/site.h"
#include "tests/unit/web/still_node.h"

namespace inferad::web {

namespace {

using Json = nlohmann::json;

Feedback sample() {
  Feedback one;
  one.id = 3;
  one.study_id = 17;
  one.job_id = 117;
  one.finding = "emphysema";
  one.label = "Pulmonary emphysema, \"mild\"";
  one.presence = "present";
  one.opinion = Opinion::disagree;
  one.reader = "=AB";
  one.comment = "Doe^Jane moved";
  one.pipeline = "ct-lung-density";
  one.pipeline_version = "1.0.0";
  one.model_sha256 = "abc";
  one.at = from_unix_ms(1'795'597'200'123);
  return one;
}

}  // namespace

TEST_CASE("feedback is read from what the page sends") {
  const auto said = feedback_from(
      R"({"job": 117, "finding": "emphysema", "opinion": "agree", "reader": "AB", "comment": "clear\nat once"})", 17);
  REQUIRE(said);
  CHECK(said->study_id == 17);
  CHECK(said->job_id == 117);
  CHECK(said->finding == "emphysema");
  CHECK(said->opinion == Opinion::agree);
  CHECK(said->reader == "AB");
  CHECK(said->comment == "clear\nat once");
  CHECK(feedback_from(R"({"job": 117, "opinion": "none", "reader": "AB"})", 17)->finding.empty());
}

TEST_CASE("feedback that is not what it should be is refused with the member's name") {
  const std::pair<std::string, std::string> bad[] = {
      {"", "JSON object"},
      {"[]", "JSON object"},
      {R"({"opinion": "agree", "reader": "AB"})", "\"job\""},
      {R"({"job": 0, "opinion": "agree", "reader": "AB"})", "\"job\""},
      {R"({"job": 1.5, "opinion": "agree", "reader": "AB"})", "\"job\""},
      {R"({"job": 1, "reader": "AB"})", "\"opinion\""},
      {R"({"job": 1, "opinion": "maybe", "reader": "AB"})", "\"opinion\""},
      {R"({"job": 1, "opinion": "agree"})", "\"reader\""},
      {R"({"job": 1, "opinion": "agree", "reader": "  "})", "\"reader\""},
      {R"({"job": 1, "opinion": "agree", "reader": "A\nB"})", "\"reader\""},
      {R"({"job": 1, "opinion": "agree", "reader": 7})", "\"reader\""},
      {R"({"job": 1, "opinion": "agree", "reader": "AB", "comment": ")" + std::string(2001, 'x') + "\"}",
       "\"comment\""},
      {R"({"job": 1, "opinion": "agree", "reader": "AB", "comment": "\u0000"})", "\"comment\""},
      {R"({"job": 1, "opinion": "agree", "reader": "AB", "patient": "x"})", "another member"},
      {"{\"job\": 1, \"opinion\": \"agree\", \"reader\": \"\xFF\"}", "JSON object"},
      {std::string(9000, ' ') + R"({"job": 1, "opinion": "agree", "reader": "AB"})", "JSON object"}};
  for (const auto& [body, words] : bad) {
    INFO(body.substr(0, 80));
    const auto said = feedback_from(body, 17);
    REQUIRE_FALSE(said);
    CHECK(said.error().code == Errc::invalid_input);
    CHECK(said.error().what.find(words) != std::string::npos);
  }
}

TEST_CASE("feedback goes in by POST and comes back with its history") {
  StillNode node;
  Site site(node);
  const auto post = [&](const std::string& body) {
    return site.handle({"POST", "/api/v1/studies/17/feedback", "", {}, body});
  };
  CHECK(post(R"({"job": 117, "opinion": "agree", "reader": "AB"})").body == "{\"id\":1}\n");
  CHECK(post("{}").status == 400);
  node.failure = Error{Errc::refused, "This analysis has no result that could be judged."};
  CHECK(post(R"({"job": 117, "opinion": "agree", "reader": "AB"})").status == 409);
  node.failure.reset();
  node.feedback_list = {sample()};
  node.feedback_list[0].superseded_by = 4;
  const auto told = site.handle({"GET", "/api/v1/studies/17/feedback", "", {}, ""});
  REQUIRE(told.status == 200);
  const auto one = Json::parse(told.body)["feedback"].at(0);
  CHECK(one["opinion"] == "disagree");
  CHECK(one["comment"] == "Doe^Jane moved");
  CHECK(one["model_sha256"] == "abc");
  CHECK(one["superseded_by"] == 4);
  CHECK(one["at"] == "2026-11-25T09:00:00.123Z");
}

TEST_CASE("the table of feedback tells no comment, quotes what must be, and begins no formula") {
  StillNode node;
  node.feedback_list = {sample()};
  Site site(node);
  const auto told = site.handle({"GET", "/api/v1/feedback.csv", "", {}, ""});
  REQUIRE(told.status == 200);
  CHECK(told.content_type == "text/csv; charset=utf-8; header=present");
  CHECK(told.headers.at(0).second == "attachment; filename=\"inferad-feedback.csv\"");
  CHECK(told.body.find("Jane") == std::string::npos);
  CHECK(told.body ==
        "id,at,study,job,pipeline,pipeline_version,model_sha256,finding,finding_name,ai_said,opinion,commented,reader,"
        "superseded_by\r\n"
        "3,2026-11-25T09:00:00.123Z,17,117,ct-lung-density,1.0.0,abc,emphysema,\"Pulmonary emphysema, \"\"mild\"\"\","
        "present,disagree,yes,'=AB,\r\n");
  CHECK(csv_line({"-1", "a\nb", ""}) == "'-1,\"a\nb\",\r\n");
}

}  // namespace inferad::web
