// SPDX-License-Identifier: Apache-2.0
#include "server/flow/clerk.h"

#include <thread>

#include "server/flow/candidates.h"
#include "tests/unit/flow/flow_support.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;

namespace {

struct FakeCounter final : StudyCounter {
  std::atomic<int> reported = -1;  // below 0: the peer does not tell
  std::atomic<int> asked = 0;
  std::atomic<bool> hangs = false, named = false;
  Result<std::optional<int>> count_instances(const DicomPeer& peer, const std::string&, std::stop_token stop) override {
    ++asked;
    named = peer.our_ae_title == "INFERAD" && peer.ae_title == "PACS";
    while (hangs && !stop.stop_requested()) std::this_thread::sleep_for(Millis(1));
    return reported < 0 ? std::optional<int>() : std::optional<int>(reported.load());
  }
};

std::shared_ptr<const config::Routing> routing() {
  config::Rule rule;
  rule.name = "all";
  rule.pipeline = "ct-lung-density";
  return std::make_shared<const config::Routing>(config::Routing{false, {rule}});
}

struct Bench {
  Node node;
  FakeCounter counter;
  config::Settings settings;
  std::unique_ptr<Clerk> clerk;

  Bench() {
    settings.assembler.quiet = std::chrono::seconds(1);
    settings.peers.push_back({"pacs", "PACS", {}, "127.0.0.1", 104, {config::PeerRole::query}});
  }
  void start() {
    clerk = std::make_unique<Clerk>(
        Clerk::Parts{*node.ledger, *node.spool, node.reader, counter, node.bells, node.metrics, node.changed()},
        settings, routing());
    clerk->start();
  }
  // As intake does: the bytes are durable, then the clerk is told. `tell`: false = the node dies in between.
  std::int64_t store(const InstanceHeader& header, std::uint64_t association = 1, bool tell = true) {
    auto writer =
        must(node.spool->create({header.sop_class_uid, header.instance_uid, header.transfer_syntax_uid, "PACS"}));
    const auto bytes = data_set(header);
    must(writer->append(std::as_bytes(std::span(bytes))));
    const auto ref = must(writer->commit());
    if (tell) clerk->received({ref, header, "PACS", association, wall_now()});
    return ref.id;
  }
  template <class Condition>
  bool wait(Condition condition, Millis at_most = Millis(20'000)) {
    const auto until = steady_now() + at_most;
    while (steady_now() < until) {
      if (condition()) return true;
      std::this_thread::sleep_for(Millis(5));
    }
    return false;
  }
  std::vector<WorklistEntry> studies() { return must(node.ledger->worklist()); }
  bool complete(int revision = 1) { return !studies().empty() && studies()[0].revision == revision; }
};

}  // namespace

TEST_CASE("instances become a study, and the study a job, as soon as the PACS reports their count") {
  Bench bench;
  bench.settings.assembler.query_peer = "pacs";
  bench.counter.reported = 30;
  bench.start();
  for (int i = 1; i <= 30; ++i) bench.store(ct_header("1.1", i), 5);
  bench.clerk->association_ended(5, true);
  REQUIRE(bench.wait([&] { return bench.complete(); }));  // how soon: the assembler's test, without a machine
  const auto entry = bench.studies()[0];
  CHECK(entry.complete_reason == "count reported by PACS (30 of 30)");
  CHECK(entry.instances == 30);
  CHECK(entry.rule == "all");
  const auto job = must(bench.node.ledger->lease_job(wall_now()));
  REQUIRE(job.has_value());
  const auto series = must(candidates_from_json(job->series_json));
  REQUIRE(series.size() == 1);
  CHECK(series[0].spool_ids.size() == 30);
  CHECK(bench.node.changes > 0);
  CHECK(bench.counter.named);
}

TEST_CASE("a PACS that does not answer blocks nobody") {
  Bench bench;
  bench.settings.assembler.query_peer = "pacs";
  bench.counter.hangs = true;
  bench.start();
  bench.store(ct_header("1.1", 1));
  CHECK(bench.wait([&] { return !bench.studies().empty(); }, Millis(5'000)));
  REQUIRE(bench.wait([&] { return bench.counter.asked > 0; }));
  bench.store(ct_header("1.2", 1));
  CHECK(bench.wait([&] { return bench.studies().size() == 2; }, Millis(5'000)));
  CHECK(bench.wait([&] { return bench.complete(); }));
}

TEST_CASE("what was acknowledged but not recorded is found at the next start") {
  Bench bench;
  for (int i = 1; i <= 12; ++i) bench.store(ct_header("1.1", i), 1, false);
  auto ours = ct_header("1.1", 40);
  ours.made_by_us = true;
  bench.store(ours, 1, false);
  bench.node.restart();
  bench.start();
  REQUIRE(bench.wait([&] { return bench.clerk->reconciled(); }));
  const auto studies = bench.studies();
  REQUIRE(studies.size() == 1);
  CHECK(studies[0].instances == 12);
  const auto content = must(bench.node.ledger->study_content(studies[0].id));
  CHECK(content.calling_ae == "PACS");
  CHECK(must(bench.node.ledger->unrecorded(must(bench.node.spool->ids()))).empty());
  CHECK(bench.wait([&] { return bench.complete(); }));
}

TEST_CASE("an object that is told of while the spool is compared counts once") {
  Bench bench;
  bench.settings.assembler.query_peer = "pacs";
  bench.counter.reported = 1;
  const auto header = ct_header("1.1", 1);
  const auto id = bench.store(header, 1, false);
  bench.clerk = std::make_unique<Clerk>(Clerk::Parts{*bench.node.ledger,
                                                     *bench.node.spool,
                                                     bench.node.reader,
                                                     bench.counter,
                                                     bench.node.bells,
                                                     bench.node.metrics,
                                                     {}},
                                        bench.settings, routing());
  bench.clerk->received({must(bench.node.spool->examine(id)).ref, header, "PACS", 3, wall_now()});
  bench.clerk->start();
  REQUIRE(bench.wait([&] { return bench.complete(); }));
  CHECK(bench.studies()[0].complete_reason == "count reported by PACS (1 of 1)");
}

TEST_CASE("an identical duplicate starts nothing and its file goes; a late image opens the next revision") {
  Bench bench;
  bench.start();
  bench.store(ct_header("1.1", 1));
  bench.clerk->association_ended(1, true);
  REQUIRE(bench.wait([&] { return bench.complete(); }));
  bench.store(ct_header("1.1", 1), 2);
  bench.clerk->association_ended(2, true);
  CHECK(bench.wait([&] { return must(bench.node.spool->ids()).size() == 1; }));
  std::this_thread::sleep_for(Millis(1'500));
  CHECK(bench.complete(1));
  CHECK(must(bench.node.ledger->jobs()).size() == 1);
  bench.store(ct_header("1.1", 2), 3);
  bench.clerk->association_ended(3, true);
  CHECK(bench.wait([&] { return bench.complete(2); }));
}

TEST_CASE("a study that was open when the node ended is completed by the next start") {
  Bench bench;
  bench.start();
  bench.store(ct_header("1.1", 1));
  CHECK(bench.wait([&] { return !bench.studies().empty(); }));
  bench.clerk.reset();
  CHECK_FALSE(bench.complete());
  bench.node.restart();
  bench.start();
  CHECK(bench.wait([&] { return bench.complete(); }));
}

TEST_CASE("what is queued when the clerk stops is still recorded") {
  Bench bench;
  bench.start();
  REQUIRE(bench.wait([&] { return bench.clerk->reconciled(); }));
  for (int i = 1; i <= 20; ++i) bench.store(ct_header("1.1", i));
  bench.clerk.reset();
  REQUIRE(bench.studies().size() == 1);
  CHECK(bench.studies()[0].instances == 20);
}

TEST_CASE("one instance that the ledger refuses does not hold the others") {
  Bench bench;
  bench.start();
  const auto id = bench.store(ct_header("1.1", 1));
  CHECK(bench.wait([&] { return !bench.studies().empty(); }));
  bench.clerk->received(received(id, ct_header("1.1", 7)));  // the same number with other bytes
  bench.store(ct_header("1.1", 2));
  CHECK(bench.wait([&] { return bench.studies()[0].instances == 2; }));
}

TEST_CASE("studies that complete after a reload follow the new rules") {
  Bench bench;
  bench.start();
  config::Rule rule;
  rule.name = "none";
  rule.because = "no model is installed";
  rule.not_analysed = true;
  bench.clerk->set_routing(std::make_shared<const config::Routing>(config::Routing{false, {rule}}));
  bench.store(ct_header("1.1", 1));
  bench.clerk->association_ended(1, true);
  REQUIRE(bench.wait([&] { return bench.complete(); }));
  CHECK(bench.studies()[0].ai_state == AiState::not_analysed);
  CHECK(bench.studies()[0].ai_reason == "no model is installed");
}

TEST_CASE("a clerk that is behind says so") {
  Bench bench;
  bench.clerk = std::make_unique<Clerk>(Clerk::Parts{*bench.node.ledger,
                                                     *bench.node.spool,
                                                     bench.node.reader,
                                                     bench.counter,
                                                     bench.node.bells,
                                                     bench.node.metrics,
                                                     {}},
                                        bench.settings, routing());  // not started
  const auto instance = received(1, ct_header("1.1", 1));
  for (std::size_t i = 0; i + 1 < Clerk::kQueueMax; ++i) bench.clerk->received(instance);
  CHECK_FALSE(bench.clerk->overloaded());
  bench.clerk->received(instance);
  CHECK(bench.clerk->overloaded());
}
