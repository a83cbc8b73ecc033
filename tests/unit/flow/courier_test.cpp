// SPDX-License-Identifier: Apache-2.0
#include "server/flow/courier.h"

#include <map>

#include "server/flow/outbox.h"
#include "tests/unit/flow/ways_bench.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;

namespace {

// Answers by SOP Instance UID; what is not listed gets 0000.
struct FakePacs final : StorageSender {
  std::map<std::string, std::vector<Result<StoreAnswer>>> answers;  // one an attempt, then 0000
  bool down = false;
  int associations = 0;
  std::vector<std::string> stored;  // UIDs in order

  std::vector<Result<StoreAnswer>> send(const DicomPeer&, std::span<const OutgoingObject> objects,
                                        std::stop_token) override {
    ++associations;
    std::vector<Result<StoreAnswer>> results;
    for (const auto& object : objects) {
      if (down) {
        results.emplace_back(Error{Errc::unavailable, "connection refused"});
        return results;
      }
      auto& planned = answers[object.sop_instance_uid];
      Result<StoreAnswer> answer = StoreAnswer{};
      if (!planned.empty()) {
        answer = planned.front();
        planned.erase(planned.begin());
      }
      if (answer && (answer->status == 0 || (answer->status & 0xF000) == 0xB000))
        stored.push_back(answer->choice == 0 ? object.sop_instance_uid
                                             : object.fallbacks.at(answer->choice - 1).sop_instance_uid);
      results.push_back(answer);
      if (!answer) return results;
    }
    return results;
  }
  Status echo(const DicomPeer&, std::stop_token) override { return ok(); }
};

struct FakeReceiver final : Hl7Sender {
  std::function<Result<std::string>(const std::string&)> answer;
  std::vector<std::string> messages;
  Result<std::string> send(const Hl7Peer&, const std::string& message, std::stop_token) override {
    messages.push_back(message);
    return answer(message);
  }
};

struct Bench {
  Node node;
  FakePacs pacs;
  config::RetrySettings retry;
  std::unique_ptr<Courier> courier = make_courier("pacs", make_dicom_channel(pacs, {}, node.folder.path()));
  WallTime now = wall_now();
  std::int64_t spool_id = 1;

  std::unique_ptr<Courier> make_courier(const std::string& name, std::unique_ptr<Channel> channel) {
    return std::make_unique<Courier>(
        name, std::move(channel),
        Courier::Parts{*node.ledger, node.bells, node.metrics, node.changed(), retry, [] { return 0.5; }});
  }
  static store::NewDelivery object(const std::string& uid, const char* kind) {
    return {"pacs",
            kind,
            "jobs/1/x.dcm",
            "",
            std::string(kind == std::string("SEG") ? kSegClass : kSrClass),
            uid,
            "1.2.840.10008.1.2.1"};
  }
  // A study with SEG <uid>.8 and SR <uid>.9 to be sent.
  std::int64_t results_of(const std::string& uid) {
    const auto study = node.study_with_job(uid, 1, spool_id++);
    const auto job = *must(node.ledger->lease_job(now));
    const std::vector deliveries{object(uid + ".8", "SEG"), object(uid + ".9", "SR")};
    must(node.ledger->finish_job(job.id, AiState::done, "", deliveries, now));
    return study;
  }
  void rounds(WallTime at) {
    while (courier->round(at, {})) {
    }
  }
  std::vector<DeliveryState> states(std::int64_t study) {
    std::vector<DeliveryState> out;
    for (const auto& each : node.detail(study).deliveries) out.push_back(each.state);
    return out;
  }
};

using States = std::vector<DeliveryState>;
constexpr auto kWaiting = DeliveryState::waiting, kDelivered = DeliveryState::delivered,
               kParked = DeliveryState::parked;

}  // namespace

TEST_CASE("results are delivered once, SEG before SR") {
  Bench bench;
  const auto one = bench.results_of("1.1");
  const auto two = bench.results_of("1.2");
  bench.rounds(bench.now);
  CHECK(bench.states(one) == States{kDelivered, kDelivered});
  CHECK(bench.states(two) == States{kDelivered, kDelivered});
  CHECK(bench.pacs.stored == std::vector<std::string>{"1.1.8", "1.2.8", "1.1.9", "1.2.9"});
  bench.rounds(bench.now + std::chrono::hours(1));
  CHECK(bench.pacs.stored.size() == 4);
  CHECK(bench.node.changes > 0);
}

TEST_CASE("a SEG that must wait holds the SR of its study, not those of others") {
  Bench bench;
  const auto one = bench.results_of("1.1");
  const auto two = bench.results_of("1.2");
  bench.pacs.answers["1.1.8"] = {StoreAnswer{0xA700}};
  bench.rounds(bench.now);
  CHECK(bench.states(one) == States{kWaiting, kWaiting});
  CHECK(bench.states(two) == States{kDelivered, kDelivered});
  CHECK(bench.node.detail(one).deliveries[0].last_error == "status A700: out of resources");
  CHECK(bench.node.detail(one).deliveries[1].attempts == 0);  // was not tried
  bench.rounds(bench.now + std::chrono::seconds(60));
  CHECK(bench.states(one) == States{kDelivered, kDelivered});
  CHECK(bench.pacs.stored == std::vector<std::string>{"1.2.8", "1.2.9", "1.1.8", "1.1.9"});
}

TEST_CASE("a permanent refusal is parked, visible, and released by an operator") {
  Bench bench;
  const auto study = bench.results_of("1.1");
  SECTION("by status") { bench.pacs.answers["1.1.8"] = {StoreAnswer{0x0122}}; }
  SECTION("by context") { bench.pacs.answers["1.1.8"] = {Error{Errc::refused, "presentation context rejected"}}; }
  bench.rounds(bench.now + std::chrono::hours(1));
  CHECK(bench.states(study) == States{kParked, kWaiting});
  CHECK_FALSE(bench.node.detail(study).deliveries[0].last_error.empty());
  CHECK_THAT(bench.node.metrics.text(), Catch::Contains("destination=\"pacs\",result=\"parked\""));
  must(bench.node.ledger->retry_delivery(bench.node.detail(study).deliveries[0].id, bench.now));
  bench.rounds(bench.now + std::chrono::hours(1));
  CHECK(bench.states(study) == States{kDelivered, kDelivered});
}

TEST_CASE("what goes instead of a refused class is what the delivery then is") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1", 1, bench.spool_id++);
  const auto job = *must(bench.node.ledger->lease_job(bench.now));
  std::vector deliveries{Bench::object("1.1.9", "SR")};
  const std::string comprehensive = "1.2.840.10008.5.1.4.1.1.88.33";
  deliveries[0].fallbacks = {{"SR_COMPREHENSIVE", "jobs/1/y.dcm", comprehensive, "1.1.10", "1.2.840.10008.1.2.1"}};
  must(bench.node.ledger->finish_job(job.id, AiState::done, "", deliveries, bench.now));
  bench.pacs.answers["1.1.9"] = {Error{Errc::unavailable, "down"}, StoreAnswer{0, 1}};
  bench.rounds(bench.now);
  CHECK(bench.node.detail(study).deliveries[0].kind == "SR");
  bench.node.restart();
  bench.courier = bench.make_courier("pacs", make_dicom_channel(bench.pacs, {}, bench.node.folder.path()));
  bench.rounds(bench.now + std::chrono::minutes(10));
  CHECK(bench.states(study) == States{kDelivered});
  CHECK(bench.node.detail(study).deliveries[0].kind == "SR_COMPREHENSIVE");
  CHECK(bench.pacs.stored == std::vector<std::string>{"1.1.10"});
  CHECK(bench.node.detail(study).history.back().what == "SR_COMPREHENSIVE delivered to pacs instead of SR");
}

TEST_CASE("a warning is a delivery") {
  Bench bench;
  const auto study = bench.results_of("1.1");
  bench.pacs.answers["1.1.8"] = {StoreAnswer{0xB000}};
  bench.rounds(bench.now);
  CHECK(bench.states(study) == States{kDelivered, kDelivered});
}

TEST_CASE("a PACS that is down is asked ever more rarely, with one object, and drained in order when it is back") {
  Bench bench;
  std::vector<std::int64_t> studies;
  for (int i = 1; i <= 20; ++i) studies.push_back(bench.results_of(fmt::format("1.{}", i)));
  bench.pacs.down = true;
  const auto before = steady_now();  // how long the rounds take does not matter
  CHECK(bench.courier->round(bench.now, {}));
  CHECK(bench.courier->hold(before) > Millis(4'000));
  const int tries = bench.pacs.associations;
  CHECK(bench.courier->round(bench.now + std::chrono::seconds(30), {}));
  CHECK(bench.pacs.associations == tries + 1);
  CHECK(bench.courier->hold(before) > Millis(9'000));
  bench.pacs.down = false;
  bench.rounds(bench.now + std::chrono::minutes(10));
  CHECK(bench.courier->hold(steady_now()) == Millis(0));
  CHECK(bench.pacs.stored.size() == 40);
  for (const auto study : studies) CHECK(bench.states(study) == States{kDelivered, kDelivered});
  for (int i = 1; i <= 20; ++i) {
    const auto at = [&](int kind) {
      const auto uid = fmt::format("1.{}.{}", i, kind);
      return std::find(bench.pacs.stored.begin(), bench.pacs.stored.end(), uid);
    };
    CHECK(at(8) < at(9));
  }
}

TEST_CASE("an answer that got lost means the same object again, not another one") {
  Bench bench;
  const auto study = bench.results_of("1.1");
  bench.pacs.answers["1.1.8"] = {Error{Errc::timeout, "no answer"}};
  bench.rounds(bench.now);
  bench.rounds(bench.now + std::chrono::minutes(10));
  CHECK(bench.states(study) == States{kDelivered, kDelivered});
  CHECK(bench.node.detail(study).deliveries[0].attempts == 2);
  CHECK(bench.pacs.stored == std::vector<std::string>{"1.1.8", "1.1.9"});
}

TEST_CASE("what was not tried because the node stops goes back uncounted") {
  Bench bench;
  const auto study = bench.results_of("1.1");
  bench.pacs.answers["1.1.8"] = {Error{Errc::cancelled, "stopping"}};
  std::stop_source stop;
  stop.request_stop();
  CHECK(bench.courier->round(bench.now, stop.get_token()));
  CHECK(bench.states(study) == States{kWaiting, kWaiting});
  CHECK(bench.node.detail(study).deliveries[0].attempts == 0);
}

TEST_CASE("a delivery is given up only when the settings say so") {
  Bench bench;
  bench.retry.attempts_max = 2;
  bench.courier = bench.make_courier("pacs", make_dicom_channel(bench.pacs, {}, bench.node.folder.path()));
  const auto study = bench.results_of("1.1");
  bench.pacs.down = true;
  bench.courier->round(bench.now, {});
  CHECK(bench.states(study)[0] == kWaiting);
  bench.courier->round(bench.now + std::chrono::minutes(10), {});
  CHECK(bench.states(study)[0] == kParked);
}

TEST_CASE("HL7 messages are delivered by their acknowledgement") {
  Bench bench;
  FakeReceiver receiver;
  const auto courier = bench.make_courier("ris", make_hl7_channel(receiver, {}, bench.node.metrics));
  const auto study = bench.node.study_with_job("1.1", 1, 100);
  const auto job = *must(bench.node.ledger->lease_job(bench.now));
  const std::vector<store::NewDelivery> messages{{"ris", "HL7", "", "MSH|one\r", "", "", ""}};
  PriorityDecision decision;
  decision.level = Level::high;
  REQUIRE(must(bench.node.ledger->record_findings(job.id, "{}", decision, messages, bench.now)));
  const auto acknowledge = [](const char* code) {
    return [code](const std::string&) -> Result<std::string> { return fmt::format("MSH|^~\\&|RIS\rMSA|{}|1\r", code); };
  };
  const auto states_after = [&](WallTime at) {
    courier->round(at, {});
    return bench.states(study);
  };
  receiver.answer = acknowledge("AE");
  CHECK(states_after(bench.now) == States{kWaiting});
  receiver.answer = [](const std::string&) -> Result<std::string> { return std::string("garbage"); };
  CHECK(states_after(bench.now + std::chrono::minutes(1)) == States{kWaiting});
  SECTION("accepted") {
    receiver.answer = acknowledge("AA");
    CHECK(states_after(bench.now + std::chrono::minutes(5)) == States{kDelivered});
    CHECK(receiver.messages == std::vector<std::string>(3, "MSH|one\r"));
    CHECK_THAT(bench.node.metrics.text(), Catch::Contains("inferad_hl7_acknowledgements_total{code=\"AA\"} 1"));
  }
  SECTION("rejected") {
    receiver.answer = acknowledge("AR");
    CHECK(states_after(bench.now + std::chrono::minutes(5)) == States{kParked});
  }
}

TEST_CASE("the outbox sends on threads of its own as soon as the bell rings") {
  Bench bench;
  FakeReceiver receiver;
  config::Settings settings;
  settings.data_folder = bench.node.folder.path();
  settings.peers.push_back({"pacs", "PACS", {}, "127.0.0.1", 104, {config::PeerRole::receive_results}});
  settings.results.push_back({"pacs"});
  FakeWeb web;
  FakeFiles files;
  FakeMail mail;
  Outbox outbox(*bench.node.ledger, bench.pacs, {receiver, web, files, mail}, settings, bench.node.bells,
                bench.node.metrics, {});
  outbox.start();
  const auto study = bench.results_of("1.1");
  bench.node.bells.outbox.ring();
  const auto until = steady_now() + Millis(20'000);
  while (bench.states(study) != States{kDelivered, kDelivered} && steady_now() < until)
    std::this_thread::sleep_for(Millis(5));
  CHECK(bench.states(study) == States{kDelivered, kDelivered});
}
