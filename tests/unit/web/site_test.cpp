// SPDX-License-Identifier: Apache-2.0
#include "server/web/site.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <regex>

#include "server/web/assets.h"
#include "tests/unit/web/still_node.h"

namespace inferad::web {

namespace {

using Json = nlohmann::json;

struct Visit {
  StillNode node;
  Site site{node};

  Visit() { node.detail.entry = sample_entry(); }

  HttpResponse get(const std::string& path, const std::string& query = "", const HttpHeaders& headers = {}) {
    return site.handle({"GET", path, query, headers, ""});
  }
  HttpResponse post(const std::string& path, const std::string& body = "") {
    return site.handle({"POST", path, "", {}, body});
  }
};

std::string header(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

TEST_CASE("every endpoint of the API answers with its JSON") {
  Visit visit;
  visit.node.entries = {sample_entry()};
  visit.node.job_list.emplace_back().id = 3;
  visit.node.delivery_list.emplace_back().id = 4;
  const auto json = [&](const std::string& path) {
    const auto response = visit.get("/api/v1/" + path);
    INFO(path);
    REQUIRE(response.status == 200);
    CHECK(response.content_type == "application/json");
    CHECK_FALSE(response.event_stream);
    return Json::parse(response.body);
  };
  CHECK(json("worklist")["entries"][0]["id"] == 17);
  CHECK(json("studies/17")["entry"]["study_uid"] == "1.2.3");
  CHECK(json("jobs")["jobs"][0]["id"] == 3);
  CHECK(json("outbox")["deliveries"][0]["id"] == 4);
  CHECK(json("peers")["peers"][0]["parked"] == 2);
  CHECK(json("rules")["rules"][0]["studies"] == 7);
  CHECK(json("models")["models"][0]["sha256"] == "ab");
  CHECK(json("status")["ready"] == true);
  CHECK(json("models/ct-lung-density/card").empty());
  CHECK(visit.get("/api/v1/models/other/card").status == 404);
  CHECK(visit.get("/api/v1/models//card").status == 404);
  const auto readings = visit.get("/api/v1/readings", "days=90");
  REQUIRE(readings.status == 200);
  CHECK(Json::parse(readings.body)["readings"][0] == Json{{"arrived_at", "1970-01-01T00:01:00.000Z"},
                                                          {"started_at", "1970-01-01T00:01:30.000Z"},
                                                          {"order_level", "LOW"},
                                                          {"level", "STAT"},
                                                          {"raised_at", "1970-01-01T00:01:01.000Z"}});
  CHECK(visit.get("/api/v1/readings").status == 404);
  CHECK(visit.get("/api/v1/readings", "days=-1").status == 404);
  CHECK(visit.get("/api/v1/events").event_stream);
  CHECK(Site::changed_data(17) == R"({"study":17})");
}

TEST_CASE("pages and what they need come from the binary, with an ETag") {
  Visit visit;
  for (const std::string path : {"/", "/operations", "/study/17"}) {
    INFO(path);
    const auto page = visit.get(path);
    REQUIRE(page.status == 200);
    CHECK(page.content_type == "text/html; charset=utf-8");
    CHECK(page.body.find("Assists; not for primary diagnosis") != std::string::npos);
    const std::regex link("(?:src|href)=\"(/assets/[^\"]+)\"");
    for (auto at = std::sregex_iterator(page.body.begin(), page.body.end(), link); at != std::sregex_iterator(); ++at) {
      CHECK(visit.get((*at)[1]).status == 200);
    }
    const std::string tag = header(page, "ETag");
    CHECK(tag.size() == 18);
    const auto again = visit.get(path, "", {{"if-none-match", tag}});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(header(again, "ETag") == tag);
    CHECK(visit.get(path, "", {{"if-none-match", "\"other\", " + tag}}).status == 304);
    CHECK(visit.get(path, "", {{"if-none-match", "\"other\""}}).status == 200);
  }
}

TEST_CASE("pages ask nothing of anybody else") {
  for (const auto& asset : assets()) {
    INFO(asset.name);
    const std::string text(asset.bytes);
    const std::regex outside("(?:https?:)?//(?!www\\.w3\\.org/2000/svg)[a-z0-9-]+\\.[a-z]");
    CHECK_FALSE(std::regex_search(text, outside));
    for (const char* unsafe : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=\"",
                               "onclick=\"", "javascript:"}) {
      CHECK(text.find(unsafe) == std::string::npos);
    }
  }
}

TEST_CASE("scripts import only scripts that are there") {
  for (const auto& asset : assets()) {
    const std::string text(asset.bytes);
    const std::regex import("from '\\./([^']+)'");
    for (auto at = std::sregex_iterator(text.begin(), text.end(), import); at != std::sregex_iterator(); ++at) {
      INFO(asset.name << " imports " << (*at)[1]);
      CHECK(find_asset((*at)[1].str()) != nullptr);
    }
  }
}

TEST_CASE("what is not there is 404 with a sentence") {
  Visit visit;
  for (const std::string path :
       {"/nothing", "/api/v1/", "/api/v1/nothing", "/api/v2/worklist", "/assets/", "/assets/../site.cpp",
        "/assets/worklist.html/", "/api/v1/studies/", "/api/v1/studies/0", "/api/v1/studies/-1", "/api/v1/studies/17x",
        "/api/v1/studies/+17", "/api/v1/studies/99999999999999999999", "/api/v1/studies/17/", "/study/", "/study/x",
        "/api/v1/studies/18", "/API/v1/worklist", "/api/v1/jobs/3/retry"}) {
    INFO(path);
    const auto response = visit.get(path);
    CHECK(response.status == 404);
    const auto error = Json::parse(response.body)["error"];
    CHECK(error["code"] == "not_found");
    CHECK(error["message"].get<std::string>().size() > 10);
  }
}

TEST_CASE("an error of the node has a status, a code and a sentence") {
  const std::vector<std::pair<Errc, int>> table = {
      {Errc::invalid_input, 400}, {Errc::not_found, 404},   {Errc::refused, 409}, {Errc::overload, 503},
      {Errc::timeout, 503},       {Errc::unavailable, 503}, {Errc::io, 500},      {Errc::model, 500},
      {Errc::cancelled, 503}};
  for (const auto& [code, status] : table) {
    Visit visit;
    visit.node.failure = Error{code, "The \"ledger\" cannot be read."};
    for (const std::string path : {"/api/v1/worklist", "/api/v1/jobs", "/api/v1/outbox", "/api/v1/studies/17"}) {
      const auto response = visit.get(path);
      INFO(path << " " << to_string(code));
      CHECK(response.status == status);
      const auto error = Json::parse(response.body)["error"];
      CHECK(error["code"] == std::string(to_string(code)));
      CHECK(error["message"] == "The \"ledger\" cannot be read.");
    }
    CHECK(visit.post("/api/v1/jobs/3/retry").status == status);
    CHECK(visit.get("/").status == 200);
    CHECK(visit.get("/healthz").status == 200);
  }
}

TEST_CASE("a critical finding is acknowledged by POST, by somebody with a name") {
  Visit visit;
  CHECK(visit.post("/api/v1/studies/17/acknowledge", R"({"reader": "AB"})").status == 200);
  CHECK(visit.node.acknowledged == std::pair<std::string, std::int64_t>{"AB", 17});
  CHECK(visit.post("/api/v1/studies/18/acknowledge", R"({"reader": "AB"})").status == 409);  // nothing waits
  for (const auto* nobody : {"", R"({"reader": ""})"}) {
    const auto refused = visit.post("/api/v1/studies/17/acknowledge", nobody);
    CHECK(refused.status == 400);
    CHECK(refused.body.find("Say who acknowledges") != std::string::npos);
  }
  CHECK(visit.get("/api/v1/studies/17/acknowledge").status == 404);
}

TEST_CASE("a reading starts and is released by POST, with the name that the reader gives") {
  Visit visit;
  CHECK(Json::parse(visit.get("/api/v1/worklist").body)["starts_recorded"] == false);
  CHECK(visit.post("/api/v1/worklist/17/start", R"({"reader": "AB"})").status == 200);
  CHECK(visit.post("/api/v1/worklist/18/start").status == 200);
  CHECK(visit.node.started == std::vector<std::pair<std::string, std::int64_t>>{{"AB", 17}, {"", 18}});
  CHECK(Json::parse(visit.get("/api/v1/worklist").body)["starts_recorded"] == true);
  CHECK(visit.post("/api/v1/worklist/17/release").status == 200);
  CHECK(visit.post("/api/v1/worklist/17/release").status == 409);
  CHECK(visit.get("/api/v1/worklist/17/start").status == 404);
  for (const char* bad : {"reader", "[]", "{}", R"({"reader": 7})", R"({"reader": "a\nb"})"}) {
    INFO(bad);
    CHECK(visit.post("/api/v1/worklist/17/start", bad).status == 400);
  }
  CHECK(visit.post("/api/v1/worklist/17/start", "{\"reader\": \"" + std::string(65, 'x') + "\"}").status == 400);
  CHECK(visit.node.started.size() == 1);
}

TEST_CASE("pictures of a job are listed and served by name, and by no other way") {
  Visit visit;
  const std::string images = "/api/v1/studies/17/jobs/117/images";
  CHECK(visit.get(images).body == "{\"pictures\":[]}\n");
  const auto picture = visit.get(images + "/picture-1.png");
  CHECK(picture.status == 200);
  CHECK(picture.content_type == "image/png");
  CHECK(picture.body == "\x89PNG");
  for (const std::string& path :
       {images + "/", images + "/picture-2.png", images + "/../picture-1.png", images + "x", images + "/%2e%2e/x.png",
        std::string("/api/v1/studies/17/jobs/118/images"), std::string("/api/v1/studies/18/jobs/117/images"),
        std::string("/api/v1/studies/x/jobs/117/images"), std::string("/api/v1/studies/17/jobs//images")}) {
    INFO(path);
    CHECK(visit.get(path).status == 404);
  }
}

TEST_CASE("retry asks the node once, by POST only") {
  Visit visit;
  CHECK(visit.post("/api/v1/jobs/3/retry").status == 200);
  CHECK(visit.post("/api/v1/outbox/4/retry").status == 200);
  CHECK(visit.node.retried == std::vector<std::pair<std::string, std::int64_t>>{{"job", 3}, {"delivery", 4}});
  for (const std::string path :
       {"/api/v1/jobs/x/retry", "/api/v1/jobs/3", "/api/v1/jobs//retry", "/", "/api/v1/worklist"}) {
    CHECK(visit.post(path).status == 404);
  }
  CHECK(visit.node.retried.size() == 2);
}

TEST_CASE("readiness of the node and of inference are two questions") {
  Visit visit;
  CHECK(visit.get("/readyz").status == 200);
  visit.node.now.inference_ready = false;
  visit.node.now.not_ready_because = "1 of 2 workers still loads its models";
  CHECK(visit.get("/readyz").status == 200);
  const auto warming = visit.get("/readyz", "check=inference");
  CHECK(warming.status == 503);
  CHECK(warming.body == "1 of 2 workers still loads its models\n");
  visit.node.now.inference_ready = true;
  CHECK(visit.get("/readyz", "check=inference").status == 200);
  visit.node.now.ready = false;
  CHECK(visit.get("/readyz").status == 503);
  CHECK(visit.get("/readyz", "check=inference").status == 503);
  CHECK(visit.get("/readyz", "check=all").status == 400);
  CHECK(visit.get("/healthz").body == "alive\n");
  CHECK(visit.get("/metrics").content_type == "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace inferad::web
