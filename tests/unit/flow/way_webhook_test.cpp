// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "tests/unit/flow/ways_bench.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;

namespace {

struct Bench : WaysBench {
  Bench() {
    config::Webhook hook;
    hook.name = "hook";
    hook.url = "https://example.invalid/in";
    hook.secret_file = node.folder.path() / "secret";
    settings.notices.webhooks.push_back(hook);
    std::ofstream(hook.secret_file) << "0123456789abcdef\n";
  }
  std::string header(const std::string& name) {
    for (const auto& [key, value] : web.requests.back().headers)
      if (key == name) return value;
    return {};
  }
  auto answering(int status, Millis retry_after = Millis(0)) {
    return [=](const WebRequest&) { return WebReply{status, "", "", retry_after}; };
  }
};

}  // namespace

TEST_CASE("a webhook gets what was decided, signed, under one key at every attempt") {
  Bench bench;
  const auto study = bench.queue(sample_notice());
  bench.web.answer = bench.answering(503);
  const auto courier = bench.courier();
  CHECK(courier->round(bench.now, {}));
  CHECK(bench.only_delivery(study).state == DeliveryState::waiting);
  CHECK(bench.only_delivery(study).last_error == "HTTP status 503");
  const auto key = bench.header("Idempotency-Key");
  bench.web.answer = bench.answering(202);
  CHECK(courier->round(bench.now + std::chrono::minutes(1), {}));
  CHECK(bench.only_delivery(study).state == DeliveryState::delivered);
  CHECK(bench.header("Idempotency-Key") == key);
  CHECK(bench.web.requests[0].body == bench.web.requests[1].body);

  const auto body = nlohmann::json::parse(bench.web.requests[1].body);
  CHECK(body["id"] == key);
  CHECK(key.size() == 64);
  CHECK(body["event"] == "priority_raised");
  CHECK(body["priority"]["level"] == "STAT");
  CHECK(body["priority"]["order_level"] == "ROUTINE");
  CHECK(body["finding"]["score"]["value"] == 31.2);
  CHECK(body["study"]["accession_number"] == "A\"1");
  CHECK_FALSE(body.dump().find("sop") != std::string::npos);  // no patient unless asked for
  const auto signature = hmac_sha256_hex("0123456789abcdef", bench.web.requests[1].body);
  CHECK(bench.header("X-Inferad-Signature") == "sha256=" + signature);
}

TEST_CASE("fields of the study are named as the site maps them") {
  Bench bench;
  bench.settings.notices.webhooks[0].study = {
      {"patient", "PatientName"}, {"acc", "AccessionNumber"}, {"ward", "StationName"}};
  const auto messages = messages_about(sample_notice(), ways_of(bench.settings));
  REQUIRE(messages.size() == 1);
  CHECK(nlohmann::json::parse(messages[0].message)["study"] ==
        nlohmann::json{{"acc", "A\"1"}, {"patient", "Äsop^Jürgen"}, {"ward", ""}});
}

TEST_CASE("a refusal is parked, a busy receiver is left alone as long as it asks") {
  Bench bench;
  const auto study = bench.queue(sample_notice());
  const auto courier = bench.courier();
  SECTION("4xx") {
    bench.web.answer = bench.answering(422);
    courier->round(bench.now, {});
    CHECK(bench.only_delivery(study).state == DeliveryState::parked);
  }
  SECTION("moved") {
    bench.web.answer = bench.answering(301);
    courier->round(bench.now, {});
    CHECK(bench.only_delivery(study).state == DeliveryState::parked);
    CHECK_THAT(bench.only_delivery(study).last_error, Catch::Contains("new address"));
  }
  SECTION("429 with Retry-After") {
    bench.web.answer = bench.answering(429, std::chrono::minutes(20));
    courier->round(bench.now, {});
    CHECK(bench.only_delivery(study).state == DeliveryState::waiting);
    CHECK_FALSE(courier->round(bench.now + std::chrono::minutes(19), {}));
    CHECK(courier->round(bench.now + std::chrono::minutes(21), {}));
  }
  SECTION("a secret that is not there, or is none") {
    std::ofstream(bench.settings.notices.webhooks[0].secret_file) << "short\n";
    courier->round(bench.now, {});
    CHECK(bench.web.requests.empty());
    CHECK(bench.only_delivery(study).state == DeliveryState::waiting);
    CHECK_THAT(bench.only_delivery(study).last_error, Catch::Contains("shorter than 16"));
  }
}

TEST_CASE("less urgent decisions, and those it does not want, are not sent to a webhook") {
  Bench bench;
  CHECK(messages_about(sample_notice(Level::high), ways_of(bench.settings)).size() == 1);
  CHECK(messages_about(sample_notice(Level::routine), ways_of(bench.settings)).empty());
  bench.settings.notices.webhooks[0].priority_changes = false;
  CHECK(messages_about(sample_notice(), ways_of(bench.settings)).empty());
}
