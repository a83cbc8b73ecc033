// SPDX-License-Identifier: Apache-2.0
#include "server/web/evidence_api.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "server/web/site.h"
#include "tests/unit/web/still_node.h"

namespace inferad::web {

namespace {

Evidence some_evidence() {
  Evidence evidence;
  evidence.group_min = 20;
  auto& row = evidence.rows.emplace_back();
  row.pipeline = "ct-head";
  row.version = "1.0.0";
  row.by = Grouping::manufacturer;
  row.group = "=ACME, \"Inc\"";
  row.studies = 40;
  row.asked = {10, 40, {0.14, 0.4}};
  row.positives.n = 5;
  row.positives.gained = 38.25;
  row.positives.interval = Interval{20.5, 56};
  row.findings.emplace_back().finding = "Haemorrhage";
  evidence.withheld.push_back({"ct-head", "1.0.0", Grouping::sex});
  return evidence;
}

HttpResponse ask(StillNode& node, const std::string& method, const std::string& path, const std::string& query = "",
                 const std::string& body = "") {
  HttpRequest request;
  request.method = method;
  request.path = path;
  request.query = query;
  request.body = body;
  return Site(node).handle(request);
}

}  // namespace

TEST_CASE("evidence as JSON: what is unknown is null, never 0") {
  StillNode node;
  node.evidence_now = some_evidence();
  const auto response = ask(node, "GET", "/api/v1/evidence", "days=30");
  REQUIRE(response.status == 200);
  CHECK(node.evidence_days == 30);
  const auto json = nlohmann::json::parse(response.body);
  const auto& row = json["rows"][0];
  CHECK(row["by"] == "manufacturer");
  CHECK(row["asked"] == nlohmann::json::parse(R"({"k":10,"n":40,"value":0.25,"low":0.14,"high":0.4})"));
  CHECK(row["confirmed"] == nlohmann::json::parse(R"({"k":0,"n":0,"value":null,"low":null,"high":null})"));
  CHECK(row["positives"]["gained"] == 38.25);
  CHECK(row["negatives"]["gained"].is_null());
  CHECK(row["findings"][0]["sensitivity"]["value"].is_null());
  CHECK(json["withheld"][0]["by"] == "sex");
  CHECK(ask(node, "GET", "/api/v1/evidence").status == 200);
  CHECK(node.evidence_days == 0);
  CHECK(ask(node, "GET", "/api/v1/evidence", "days=0").status == 400);
  CHECK(ask(node, "GET", "/api/v1/evidence", "days=9999").status == 400);
  node.failure = Error{Errc::unavailable, "being counted"};
  CHECK(ask(node, "GET", "/api/v1/evidence").status == 503);
}

TEST_CASE("evidence as a table: a line a number, no cell begins a formula, what is unknown is empty") {
  StillNode node;
  node.evidence_now = some_evidence();
  const auto response = ask(node, "GET", "/api/v1/evidence.csv");
  const auto has = [&](const std::string& line) { return response.body.find(line + "\r\n") != std::string::npos; };
  const std::string group = "\"'=ACME, \"\"Inc\"\"\"";
  CHECK(response.content_type.starts_with("text/csv"));
  CHECK(response.body.starts_with("pipeline,version,by,group,finding,measure,unit,k,n,value,low_95,high_95\r\n"));
  CHECK(has("ct-head,1.0.0,manufacturer," + group + ",,asked,1,10,40,0.25,0.14,0.4"));
  CHECK(has("ct-head,1.0.0,manufacturer," + group + ",,raised_gained,min,,5,38.25,20.5,56"));
  CHECK(has("ct-head,1.0.0,manufacturer," + group + ",,nothing_asked_gained,min,,0,,,"));
  CHECK(has("ct-head,1.0.0,manufacturer," + group + ",Haemorrhage,sensitivity,1,0,0,,,"));
  CHECK(has("ct-head,1.0.0,sex,,,withheld,,,,,,"));
}

TEST_CASE("a report states findings; what is not such a statement is refused by name") {
  StillNode node;
  const std::string good = R"({"study":"A1","source":"RIS","statements":[{"finding":"Haemorrhage","present":true},)"
                           R"({"finding":"fracture","present":false}]})";
  const auto response = ask(node, "POST", "/api/v1/reports", "", good);
  CHECK(response.status == 200);
  CHECK(response.body == "{\"studies\":2}\n");
  REQUIRE(node.reports.size() == 1);
  CHECK(node.reports[0].study == "A1");
  CHECK(node.reports[0].source == "RIS");
  REQUIRE(node.reports[0].statements.size() == 2);
  CHECK(node.reports[0].statements[0].present);
  CHECK(node.reports[0].statements[1].finding == "fracture");
  CHECK_FALSE(node.reports[0].statements[1].present);
  for (const std::string body :
       {"", "[]", R"({"study":"A1","source":"R"})", R"({"study":"A1","source":"R","statements":[]})",
        R"({"study":"","source":"R","statements":[{"finding":"a","present":true}]})",
        R"({"study":"A1","source":"R\n","statements":[{"finding":"a","present":true}]})",
        R"({"study":"A1","source":"R","statements":[{"finding":"a","present":"yes"}]})",
        R"({"study":"A1","source":"R","statements":[{"present":true}]})",
        R"({"study":"A1","source":"R","statements":["a"]})"}) {
    INFO(body);
    CHECK(ask(node, "POST", "/api/v1/reports", "", body).status == 400);
  }
  CHECK(node.reports.size() == 1);
}

}  // namespace inferad::web
