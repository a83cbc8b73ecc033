// SPDX-License-Identifier: Apache-2.0
// The outbox's part: order, retry, parking.
#include "tests/unit/store/store_support.h"

namespace inferad::store {
namespace {

// A finished job of study `study` with a SEG and an SR for "pacs". Returns the job id.
std::int64_t finished_job(Ledger& ledger, const std::string& study, std::int64_t spool_id) {
  complete_study(ledger, study, spool_id);
  const auto lease = must(ledger.lease_job(at(110))).value();
  const std::vector objects{dicom_delivery("SEG", study + ".1001"), dicom_delivery("SR", study + ".1002")};
  must(ledger.finish_job(lease.id, AiState::done, "", objects, at(130)));
  return lease.id;
}

std::vector<std::string> uids(const std::vector<DeliveryLease>& leases) {
  std::vector<std::string> out;
  for (const auto& lease : leases) out.push_back(lease.sop_instance_uid);
  return out;
}

using Uids = std::vector<std::string>;

TEST_CASE("a batch holds the objects of a study in order, the most urgent study first") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  finished_job(*ledger, "1.1", 100);
  complete_study(*ledger, "1.2", 200);
  const auto lease = must(ledger->lease_job(at(110))).value();
  must(ledger->record_findings(lease.id, "{}", decision(Level::stat, "bleeding"), {}, at(120)));
  const std::vector objects{dicom_delivery("SEG", "1.2.1001"), dicom_delivery("SR", "1.2.1002")};
  must(ledger->finish_job(lease.id, AiState::done, "", objects, at(131)));

  const auto leases = must(ledger->lease_deliveries("pacs", at(140), 10));
  CHECK(uids(leases) == Uids{"1.2.1001", "1.2.1002", "1.1.1001", "1.1.1002"});
  CHECK(leases[0].job_id == lease.id);
  CHECK(leases[0].kind == "SEG");
  CHECK(leases[0].file == "jobs/1/SEG.dcm");
  CHECK(leases[0].sop_class_uid == kSrClass);
  CHECK(leases[0].transfer_syntax_uid == "1.2.840.10008.1.2.1");
  CHECK(leases[0].attempts == 1);
  CHECK(leases[0].created_at == at(131));
  CHECK(must(ledger->lease_deliveries("pacs", at(140), 10)).empty());
  CHECK(must(ledger->lease_deliveries("elsewhere", at(140), 10)).empty());
}

TEST_CASE("what waits or is being sent holds the later objects of its study only") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  finished_job(*ledger, "1.1", 100);
  finished_job(*ledger, "1.2", 200);
  const auto first = must(ledger->lease_deliveries("pacs", at(140), 1));
  REQUIRE(uids(first) == Uids{"1.1.1001"});
  const auto others = must(ledger->lease_deliveries("pacs", at(140), 10));
  CHECK(uids(others) == Uids{"1.2.1001", "1.2.1002"});
  must(ledger->postpone(first[0].id, "connection refused", at(200)));
  CHECK(must(ledger->lease_deliveries("pacs", at(199), 10)).empty());
  CHECK(must(ledger->next_due("pacs")) == at(200));
  const auto view = must(ledger->deliveries());
  const auto postponed = std::find_if(view.begin(), view.end(), [&](const auto& d) { return d.id == first[0].id; });
  REQUIRE(postponed != view.end());
  CHECK(postponed->state == DeliveryState::waiting);
  CHECK(postponed->last_error == "connection refused");
  CHECK(postponed->next_attempt_at == at(200));
  CHECK(postponed->attempts == 1);
  const auto again = must(ledger->lease_deliveries("pacs", at(200), 10));
  CHECK(uids(again) == Uids{"1.1.1001", "1.1.1002"});
  CHECK(again[0].attempts == 2);
  must(ledger->delivered(again[0].id, at(201)));
  must(ledger->delivered(again[0].id, at(202)));  // idempotent
  must(ledger->delivered(again[1].id, at(203)));
  CHECK_FALSE(must(ledger->next_due("pacs")));
}

TEST_CASE("messages of one job, about different orders, do not hold each other; later ones of the study wait") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  complete_study(*ledger, "1.1", 100);
  const auto lease = must(ledger->lease_job(at(110))).value();
  NewDelivery first, second;
  first.destination = second.destination = "engine";
  first.kind = second.kind = "HL7";
  first.message = "order 1";
  second.message = "order 2";
  const std::vector messages{first, second};
  must(ledger->record_findings(lease.id, "{}", decision(Level::stat, "bleeding"), messages, at(120)));
  const auto one = must(ledger->lease_deliveries("engine", at(140), 1));
  REQUIRE(one.size() == 1);
  CHECK(must(ledger->lease_deliveries("engine", at(140), 10)).empty());  // while the first is on its way
  must(ledger->postpone(one[0].id, "acknowledged with AE", at(200)));
  const auto two = must(ledger->lease_deliveries("engine", at(141), 10));
  REQUIRE(two.size() == 1);
  CHECK(two[0].message == "order 2");
}

TEST_CASE("a parked object holds those of its own job until a person asks for a retry") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  finished_job(*ledger, "1.1", 100);
  const auto seg = must(ledger->lease_deliveries("pacs", at(140), 1)).at(0);
  must(ledger->park(seg.id, "0122: SOP class not supported", at(141)));
  CHECK(must(ledger->lease_deliveries("pacs", at(150), 10)).empty());
  CHECK_FALSE(must(ledger->next_due("pacs")));
  CHECK(must(ledger->counts()).outbox.at("pacs").parked == 1);
  CHECK(must(ledger->counts()).outbox.at("pacs").waiting == 1);
  CHECK(must(ledger->counts()).outbox.at("pacs").oldest_at == at(130));

  SECTION("the next revision is not held") {
    must(ledger->record_instances(std::vector{ct_image(150, 50, "1.1", "1.1.1")}));
    StudyComplete complete;
    complete.study_id = seg.study_id;
    complete.jobs = {{"lung", ""}};
    must(ledger->complete_study(complete, at(160)));
    const auto lease = must(ledger->lease_job(at(161))).value();
    const std::vector objects{dicom_delivery("SEG", "1.1.2001")};
    must(ledger->finish_job(lease.id, AiState::done, "", objects, at(162)));
    CHECK(uids(must(ledger->lease_deliveries("pacs", at(163), 10))) == Uids{"1.1.2001"});
  }
  SECTION("retried, it goes first") {
    must(ledger->retry_delivery(seg.id, at(160)));
    const auto leases = must(ledger->lease_deliveries("pacs", at(160), 10));
    CHECK(uids(leases) == Uids{"1.1.1001", "1.1.1002"});
    must(ledger->delivered(leases[0].id, at(161)));
    CHECK(ledger->retry_delivery(leases[0].id, at(162)).error().code == Errc::refused);
    CHECK(ledger->retry_delivery(999, at(162)).error().code == Errc::not_found);
  }
}

TEST_CASE("a released delivery goes back as if it had never been taken") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  finished_job(*ledger, "1.1", 100);
  for (const auto& lease : must(ledger->lease_deliveries("pacs", at(140), 10))) must(ledger->release(lease.id));
  const auto leases = must(ledger->lease_deliveries("pacs", at(140), 10));
  REQUIRE(leases.size() == 2);
  CHECK(leases[0].attempts == 1);
  must(ledger->delivered(leases[0].id, at(141)));
  CHECK(ledger->release(leases[0].id).error().code == Errc::refused);
  CHECK(ledger->postpone(leases[0].id, "", at(150)).error().code == Errc::refused);
  CHECK(ledger->park(leases[0].id, "", at(150)).error().code == Errc::refused);
}

TEST_CASE("messages and objects go to their own destinations independently") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  complete_study(*ledger);
  const auto lease = must(ledger->lease_job(at(110))).value();
  const NewDelivery message{"ris", "HL7", "", "MSH|^~\\&|\rPID|", "", "", ""};
  must(ledger->record_findings(lease.id, "{}", decision(Level::high, "x"), std::span(&message, 1), at(120)));
  const auto sent = must(ledger->lease_deliveries("ris", at(121), 10));
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].message == message.message);
  const std::vector objects{dicom_delivery("SEG", "2.25.1")};
  must(ledger->finish_job(lease.id, AiState::done, "", objects, at(130)));
  CHECK(must(ledger->lease_deliveries("pacs", at(131), 10)).size() == 1);  // while the message is under way
}

TEST_CASE("after a restart what was being sent waits again") {
  TempFolder folder;
  {
    const auto ledger = open_ledger(folder / "ledger.db");
    finished_job(*ledger, "1.1", 100);
    CHECK(must(ledger->lease_deliveries("pacs", at(140), 1)).size() == 1);
  }
  const auto ledger = open_ledger(folder / "ledger.db");
  CHECK(must(ledger->lease_deliveries("pacs", at(141), 10)).empty());
  must(ledger->recover(at(142)));
  CHECK(uids(must(ledger->lease_deliveries("pacs", at(142), 10))) == Uids{"1.1.1001", "1.1.1002"});
}

TEST_CASE("a clock that is set back by a day does not hold a delivery") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  finished_job(*ledger, "1.1", 100);
  const auto lease = must(ledger->lease_deliveries("pacs", at(86'400), 1)).at(0);
  must(ledger->postpone(lease.id, "timeout", at(86'460)));
  CHECK(must(ledger->lease_deliveries("pacs", at(0), 10)).size() == 2);
}

TEST_CASE("a new delivery is due at once, also when the clock is set back between") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  finished_job(*ledger, "1.1", 100);
  CHECK(must(ledger->next_due("pacs")) == WallTime{});
  CHECK_FALSE(must(ledger->deliveries()).at(0).next_attempt_at);
  CHECK(must(ledger->lease_deliveries("pacs", at(120), 10)).size() == 2);
}

TEST_CASE("the view of the outbox shows the undelivered first") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  finished_job(*ledger, "1.1", 100);
  finished_job(*ledger, "1.2", 200);
  const auto leases = must(ledger->lease_deliveries("pacs", at(140), 2));
  for (const auto& lease : leases) must(ledger->delivered(lease.id, at(150)));
  auto view = must(ledger->deliveries());
  REQUIRE(view.size() == 4);
  CHECK(view[0].state == DeliveryState::waiting);
  CHECK(view[1].state == DeliveryState::waiting);
  CHECK(view[2].state == DeliveryState::delivered);
  CHECK(view[2].delivered_at == at(150));
  CHECK(must(ledger->deliveries(3)).size() == 3);
}

}  // namespace
}  // namespace inferad::store
