// SPDX-License-Identifier: Apache-2.0
// What a FHIR server is asked and told. tests/unit/flow/notices_check.py lets another library judge the Task.
#include <nlohmann/json.hpp>

#include "tests/unit/flow/ways_bench.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;

namespace {

using nlohmann::json;

struct Bench : WaysBench {
  std::string stored;  // what the server has; "" = nothing
  int version = 1;

  explicit Bench(config::FhirResource resource = config::FhirResource::task) {
    config::FhirServer server;
    server.name = "fhir";
    server.base_url = "https://example.invalid/fhir";
    server.resource = resource;
    server.accession_system = "urn:acc";
    server.token_file = node.folder.path() / "token";
    std::ofstream(server.token_file) << "a-token-of-some-length\n";
    settings.notices.fhir.push_back(server);
    web.answer = [this](const WebRequest& request) { return answer(request); };
  }
  WebReply answer(const WebRequest& request) {
    if (request.method == "GET") return stored.empty() ? WebReply{404} : WebReply{200, stored, etag()};
    if (request.method == "POST") return {200, stored};
    for (const auto& [name, value] : request.headers)
      if (name == "If-Match" && value != etag()) return {412};
    stored = request.body;
    return {200};
  }
  std::string etag() const { return fmt::format("W/\"{}\"", version); }
  DeliveryView deliver(const Notice& notice) {
    const auto study = queue(notice);
    courier()->round(now, {});
    return only_delivery(study);
  }
  std::string header(const std::string& name) {
    for (const auto& [key, value] : web.requests.back().headers)
      if (key == name) return value;
    return {};
  }
};

Notice notice_of(const std::string& study, Level level) {
  auto notice = sample_notice(level);
  notice.job.study_uid = study;
  return notice;
}

}  // namespace

TEST_CASE("a task is put where none is, under an id that its study gives it") {
  Bench bench;
  CHECK(bench.deliver(notice_of("1.2.3", Level::high)).state == DeliveryState::delivered);
  REQUIRE(bench.web.requests.size() == 2);
  const auto task = json::parse(bench.stored);
  CHECK(bench.web.requests[1].method == "PUT");
  CHECK(bench.web.requests[1].url == "https://example.invalid/fhir/Task/" + task["id"].get<std::string>());
  CHECK(bench.header("Authorization") == "Bearer a-token-of-some-length");
  CHECK(task["priority"] == "asap");
  CHECK(task["focus"]["identifier"]["value"] == "urn:oid:1.2.3");
  CHECK(task["basedOn"][0]["identifier"]["value"] == "A\"1");
}

TEST_CASE("a task that is there is only raised, and keeps what others wrote into it") {
  Bench bench;
  REQUIRE(bench.deliver(notice_of("1.2.3", Level::high)).state == DeliveryState::delivered);
  auto task = json::parse(bench.stored);
  task["owner"]["display"] = "Dr. AB";
  task["status"] = "accepted";
  bench.web.requests.clear();
  SECTION("raised") {
    bench.stored = task.dump();
    CHECK(bench.deliver(notice_of("1.2.4", Level::stat)).state == DeliveryState::delivered);
    const auto after = json::parse(bench.stored);
    CHECK(after["priority"] == "stat");
    CHECK(after["owner"]["display"] == "Dr. AB");
    CHECK(after["status"] == "accepted");
    CHECK(after["note"].size() == 2);
    CHECK(bench.header("If-Match") == bench.etag());
  }
  SECTION("as urgent already") {
    task["priority"] = "stat";
    bench.stored = task.dump();
    CHECK(bench.deliver(notice_of("1.2.4", Level::high)).state == DeliveryState::delivered);
    CHECK(bench.web.requests.size() == 1);
    CHECK(json::parse(bench.stored)["priority"] == "stat");
  }
  SECTION("read to its end") {
    task["status"] = "completed";
    bench.stored = task.dump();
    CHECK(bench.deliver(notice_of("1.2.4", Level::stat)).state == DeliveryState::delivered);
    CHECK(bench.web.requests.size() == 1);
  }
  SECTION("changed by another meanwhile") {
    bench.stored = task.dump();
    bench.web.answer = [&](const WebRequest& request) {
      auto reply = bench.answer(request);
      if (request.method == "GET") ++bench.version;
      return reply;
    };
    CHECK(bench.deliver(notice_of("1.2.4", Level::stat)).state == DeliveryState::waiting);
    CHECK(json::parse(bench.stored)["priority"] == "asap");
  }
}

TEST_CASE("the priority of an order is patched, of each of its procedures where the number is unique") {
  Bench bench(config::FhirResource::service_request);
  const json order = {
      {"resourceType", "ServiceRequest"}, {"id", "o1"}, {"status", "active"}, {"meta", {{"versionId", "1"}}}};
  const auto bundle = [](std::vector<json> orders) {
    json out = {{"resourceType", "Bundle"}, {"entry", json::array()}};
    for (auto& each : orders) out["entry"].push_back({{"resource", each}});
    return out.dump();
  };
  SECTION("one") {
    bench.stored = bundle({order});
    CHECK(bench.deliver(sample_notice()).state == DeliveryState::delivered);
    REQUIRE(bench.web.requests.size() == 2);
    CHECK(bench.web.requests[0].url == "https://example.invalid/fhir/ServiceRequest/_search");
    CHECK(bench.web.requests[0].body == "identifier=urn%3Aacc%7CA%221");
    CHECK(bench.web.requests[1].method == "PATCH");
    CHECK(bench.web.requests[1].url == "https://example.invalid/fhir/ServiceRequest/o1");
    CHECK(json::parse(bench.stored) == json{{{"op", "add"}, {"path", "/priority"}, {"value", "stat"}}});
    CHECK(bench.header("If-Match") == "W/\"1\"");
  }
  SECTION("as urgent already") {
    auto urgent = order;
    urgent["priority"] = "stat";
    bench.stored = bundle({urgent});
    CHECK(bench.deliver(sample_notice()).state == DeliveryState::delivered);
    CHECK(bench.web.requests.size() == 1);
  }
  SECTION("several procedures of one order: each, whatever one of them has already") {
    auto urgent = order, other = order;
    urgent["priority"] = "stat";
    other["id"] = "o2";
    bench.stored = bundle({order, urgent, other});
    CHECK(bench.deliver(sample_notice()).state == DeliveryState::delivered);
    REQUIRE(bench.web.requests.size() == 3);
    CHECK(bench.web.requests[1].url == "https://example.invalid/fhir/ServiceRequest/o1");
    CHECK(bench.web.requests[2].url == "https://example.invalid/fhir/ServiceRequest/o2");
  }
  SECTION("none, or two that may be of different orders") {
    bench.stored = bundle({});
    if (GENERATE(false, true)) {
      bench.settings.notices.fhir[0].accession_system.clear();
      bench.stored = bundle({order, order});
    }
    const auto delivery = bench.deliver(sample_notice());
    CHECK(delivery.state == DeliveryState::parked);
    CHECK_THAT(delivery.last_error, Catch::Contains("orders have this accession number"));
  }
  SECTION("no accession number") {
    auto notice = sample_notice();
    notice.study.erase("AccessionNumber");
    CHECK(bench.deliver(notice).state == DeliveryState::parked);
    CHECK(bench.web.requests.empty());
  }
}

TEST_CASE("a FHIR server that refuses parks, one that is ill is asked again") {
  Bench bench;
  const auto [status, state] = GENERATE(table<int, DeliveryState>({{400, DeliveryState::parked},
                                                                   {403, DeliveryState::parked},
                                                                   {500, DeliveryState::waiting},
                                                                   {429, DeliveryState::waiting}}));
  bench.web.answer = [status = status](const WebRequest&) { return WebReply{status}; };
  CHECK(bench.deliver(sample_notice()).state == state);
}
