// SPDX-License-Identifier: Apache-2.0
// The view of pages and API over a real ledger.
#include "server/app/live_node_view.h"

#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "server/app/ask_node.h"

namespace inferad::app {

namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "inferad-app-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

config::Configuration configuration() {
  config::Configuration out;
  out.settings.peers = {{"pacs", "PACS", {}, "127.0.0.1", 104, {config::PeerRole::receive_results}},
                        {"ct", "*", {"192.0.2.0/24"}, "", 0, {config::PeerRole::send}}};
  out.settings.hl7.emplace_back().name = "engine";
  config::Rule rule;
  rule.name = "all";
  rule.pipeline = "p";
  out.routing.rules = {rule};
  return out;
}

workers::HostOptions no_workers() {
  workers::HostOptions options;
  options.count = 0;
  return options;
}

// A node without edges: a ledger with studies, no workers.
struct Node {
  Node()
      : spool(*store::Spool::open({.data_folder = folder.path})),
        ledger(*store::Ledger::open(folder.path / "ledger.db")),
        live(configuration()),
        host(no_workers()),
        view({live, *ledger, *spool, metrics, host, {}, {}, {}, {}}) {}

  // A study of one image; gives its id.
  std::int64_t add_study(int number, WallTime at, const std::string& order_priority = "") {
    ReceivedInstance instance;
    instance.spool = {number, 100, std::string(64, static_cast<char>('a' + number))};
    instance.header.study_uid = "1.2." + std::to_string(number);
    instance.header.series_uid = instance.header.study_uid + ".1";
    instance.header.instance_uid = instance.header.study_uid + ".1.1";
    instance.header.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
    instance.header.transfer_syntax_uid = "1.2.840.10008.1.2.1";
    instance.header.modality = "CT";
    instance.header.attributes = {{"Modality", "CT"}, {"PatientName", "Name^" + std::to_string(number)}};
    if (!order_priority.empty()) instance.header.attributes["RequestedProcedurePriority"] = order_priority;
    instance.received_at = at;
    const auto recorded = ledger->record_instances(std::span(&instance, 1));
    REQUIRE(recorded);
    return recorded->at(0).study_id;
  }

  std::int64_t complete(std::int64_t study, WallTime at) {
    store::StudyComplete verdict;
    verdict.study_id = study;
    verdict.reason = "quiet for 10 s";
    verdict.rule = "all";
    verdict.jobs = {{"p", "[]"}};
    REQUIRE(ledger->complete_study(verdict, at));
    return ledger->lease_job(at)->value().id;
  }

  Folder folder;
  std::unique_ptr<store::Spool> spool;
  std::unique_ptr<store::Ledger> ledger;
  LiveConfiguration live;
  Metrics metrics{"test"};
  workers::ProcessHost host;
  LiveNodeView view;
};

const WallTime kStart = from_unix_ms(1'764'000'000'000);

PriorityDecision stat() {
  PriorityDecision decision;
  decision.level = Level::stat;
  decision.reason = "a finding";
  decision.decided_at = kStart;
  return decision;
}

}  // namespace

TEST_CASE("the worklist is in reading order, and a finding moves its study up") {
  Node node;
  const auto first = node.add_study(1, kStart), second = node.add_study(2, kStart + std::chrono::minutes(1));
  auto list = node.view.worklist();
  REQUIRE(list);
  REQUIRE((*list)->entries.size() == 2);
  CHECK((*list)->entries[0]->id == first);
  CHECK(*node.view.worklist() == *list);  // one list for all, and for the next one too
  const auto job = node.complete(second, kStart + std::chrono::minutes(2));
  REQUIRE(node.ledger->record_findings(job, "{}", stat(), {}, kStart));
  const auto before = *list;
  list = node.view.worklist();
  CHECK((*list)->entries[0]->id == second);
  CHECK((*list)->entries[0]->level == Level::stat);
  CHECK((*list)->entries[1]->patient_name.find("Name") == 0);
  CHECK((*list)->entries[1] == before->entries[0]);  // what did not change is the same object
  node.live.set(configuration());
  CHECK(*node.view.worklist() != *list);  // another policy, perhaps
}

TEST_CASE("who starts a reading takes the study off the waiting list, and may put it back") {
  Node node;
  const WallTime now = wall_now();
  const auto first = node.add_study(1, now - std::chrono::minutes(30)), second = node.add_study(2, now);
  const auto minutes = [](std::array<int, 4> all) {
    std::array<Millis, 4> out{};
    std::transform(all.begin(), all.end(), out.begin(), [](int each) { return std::chrono::minutes(each); });
    return out;
  };
  CHECK_FALSE((*node.view.worklist())->starts_recorded);
  CHECK((*node.view.worklist())->targets == minutes({0, 180, 360, 720}));
  CHECK(node.view.study(first)->place.reason.find("No reading start is recorded") != std::string::npos);
  REQUIRE(node.view.start_reading(first, "AB"));
  CHECK(node.view.reading_targets() == minutes({0, 120, 240, 480}));
  const auto list = *node.view.worklist();
  CHECK(list->starts_recorded);
  CHECK(list->targets == node.view.reading_targets());
  CHECK(list->waiting == 1);
  CHECK(list->entries[0]->id == second);
  const auto place = node.view.study(second)->place;
  CHECK(place.position == 1);
  CHECK(place.reason.find("1 of 1. ROUTINE by its order") == 0);
  CHECK(place.deadline_at == list->entries[0]->arrived_at + std::chrono::minutes(240));
  CHECK(node.view.study(first)->entry.reading_by == "AB");
  CHECK(node.view.study(first)->place.position == 0);
  CHECK(list->entries[1]->reading_by == "AB");
  CHECK(list->entries[1]->reading_started_at);
  CHECK(node.view.start_reading(first, "CD").error().code == Errc::refused);
  CHECK(node.view.start_reading(999, "").error().code == Errc::not_found);
  REQUIRE(node.view.release_reading(first));
  CHECK(node.view.release_reading(first).error().code == Errc::refused);
  CHECK((*node.view.worklist())->entries[0]->id == first);
}

TEST_CASE("feedback is of a finding that the analysis has, with the version that made it") {
  Node node;
  const auto study = node.add_study(1, kStart);
  const auto job = node.complete(study, kStart);
  Feedback said;
  said.study_id = study;
  said.job_id = job;
  said.opinion = Opinion::agree;
  said.reader = "AB";
  CHECK(node.view.give_feedback(said).error().code == Errc::refused);
  REQUIRE(node.ledger->record_findings(job, R"({"outcome": "analysed", "pipeline_version": "1.2.0",
    "algorithm": {"model_sha256": "abc"}, "items": [
    {"id": "e", "concept": {"meaning": "Emphysema"}, "presence": "present"}]})",
                                       {}, {}, kStart));
  REQUIRE(node.view.give_feedback(said));
  said.finding = "e";
  REQUIRE(node.view.give_feedback(said));
  said.finding = "f";
  CHECK(node.view.give_feedback(said).error().code == Errc::not_found);
  said.job_id = 99;
  CHECK(node.view.give_feedback(said).error().code == Errc::not_found);
  said.study_id = 99;
  CHECK(node.view.give_feedback(said).error().code == Errc::not_found);
  const auto all = node.view.feedback(study);
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK(all->at(1).label == "Emphysema");
  CHECK(all->at(1).presence == "present");
  CHECK(all->at(1).pipeline == "p");
  CHECK(all->at(1).pipeline_version == "1.2.0");
  CHECK(all->at(1).model_sha256 == "abc");
  CHECK(node.view.feedback(0)->size() == 2);
}

TEST_CASE("a failed job stands first and runs again when asked, once") {
  Node node;
  const auto study = node.add_study(1, kStart);
  const auto failed = node.complete(study, kStart);
  REQUIRE(node.ledger->fail_job(failed, "the worker died", kStart));
  node.complete(node.add_study(2, kStart), kStart);
  CHECK(node.view.jobs()->at(0).id == failed);
  CHECK(node.view.status().failed == 1);
  CHECK(node.view.retry_job(failed));
  CHECK(node.view.retry_job(failed).error().code == Errc::refused);
  CHECK(node.view.retry_job(999).error().code == Errc::not_found);
  CHECK(node.view.status().failed == 0);
  CHECK(node.view.study(study)->jobs.size() == 1);
  CHECK(node.view.study(999).error().code == Errc::not_found);
}

TEST_CASE("parked deliveries stand first and are counted at their peer") {
  Node node;
  const auto job = node.complete(node.add_study(1, kStart), kStart);
  const store::NewDelivery seg{"pacs", "SEG", "jobs/1/seg.dcm", "", "1.2", "1.3", "1.2.840.10008.1.2.1"};
  const store::NewDelivery sr{"pacs", "SR", "jobs/1/sr.dcm", "", "1.2", "1.4", "1.2.840.10008.1.2.1"};
  REQUIRE(node.ledger->finish_job(job, AiState::done, "", std::vector{seg, sr}, kStart));
  const auto leased = node.ledger->lease_deliveries("pacs", kStart, 1);
  REQUIRE(leased);
  REQUIRE(leased->size() == 1);
  REQUIRE(node.ledger->park(leased->at(0).id, "refused by the peer", kStart));
  CHECK(node.view.deliveries()->at(0).state == DeliveryState::parked);
  const auto peers = node.view.peers();
  const auto pacs = std::find_if(peers.begin(), peers.end(), [](const auto& peer) { return peer.name == "pacs"; });
  REQUIRE(pacs != peers.end());
  CHECK(pacs->parked == 1);
  CHECK(pacs->waiting == 1);
  CHECK(pacs->last_error == "refused by the peer");
  CHECK(peers.size() == 3);
  CHECK(node.view.retry_delivery(leased->at(0).id));
  CHECK(node.view.status().parked == 0);
}

TEST_CASE("readiness says why it is not there") {
  Node node;
  CHECK(node.view.status().ready);
  CHECK_FALSE(node.view.status().inference_ready);
  CHECK(node.view.status().not_ready_because.find("No worker") != std::string::npos);
  node.view.drain();
  CHECK_FALSE(node.view.status().ready);
  CHECK(node.view.status().not_ready_because == "The node is stopping.");
}

TEST_CASE("rules, models and metrics are told from what is there") {
  Node node;
  node.complete(node.add_study(1, kStart), kStart);
  REQUIRE(node.view.rules().size() == 1);
  CHECK(node.view.rules()[0].studies == 1);
  CHECK(node.view.rules()[0].then == "p");
  CHECK(node.view.models().at(0).state == "loading");
  const auto metrics = node.view.metrics_text();
  CHECK(metrics.find("inferad_jobs_running 1") != std::string::npos);
  CHECK(metrics.find("Name") == std::string::npos);
}

TEST_CASE("the ports of a running node are found by the command line") {
  Folder folder;
  config::Settings settings;
  settings.data_folder = folder.path;
  CHECK(find_ports(settings).http == 8080);
  REQUIRE(write_ports(folder.path, {11113, 8081}));
  CHECK(find_ports(settings).http == 8081);
  CHECK(find_ports(settings).dicom == 11113);
}

}  // namespace inferad::app
