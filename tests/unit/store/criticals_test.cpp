// SPDX-License-Identifier: Apache-2.0
#include "server/store/criticals.h"

#include "tests/unit/store/store_support.h"

namespace inferad::store {

namespace {

// A ledger in which pipelines find something critical in study 1.1.
struct Critical {
  Critical() : ledger(open_ledger(folder / "ledger.db")) {
    study = must(ledger->record_instances(std::vector{ct_image(1, 1, "1.1", "1.1.1")}))[0].study_id;
  }
  std::int64_t find(const std::string& pipeline, int seconds) {
    StudyComplete complete;
    complete.study_id = study;
    complete.jobs = {{pipeline, "[]"}};
    must(ledger->complete_study(complete, at(seconds)));
    const auto job = must(ledger->lease_job(at(seconds)))->id;
    PriorityDecision decision;
    decision.level = Level::stat;
    decision.reason = "a finding";
    must(ledger->record_findings(job, "{}", decision, {}, at(seconds), "", true));
    must(ledger->finish_job(job, AiState::done, "", {}, at(seconds)));
    return job;
  }
  void late_image(int number) { must(ledger->record_instances(std::vector{ct_image(number, number, "1.1", "1.1.1")})); }
  CriticalLedger critical() { return CriticalLedger(*ledger); }
  WorklistEntry entry() { return must(ledger->study_detail(study))->entry; }
  std::size_t waiting() { return must(critical().open()).size(); }

  TempFolder folder;
  std::unique_ptr<Ledger> ledger;
  std::int64_t study = 0;
};

}  // namespace

TEST_CASE("a critical finding waits until a person acknowledges it, also over a restart") {
  Critical it;
  const auto job = it.find("p", 100);
  it.ledger.reset();
  it.ledger = open_ledger(it.folder / "ledger.db");
  auto open = must(it.critical().open());
  REQUIRE(open.size() == 1);
  CHECK(open[0].job.id == job);
  CHECK(open[0].job.study_uid == "1.1");
  CHECK(open[0].since == at(100));
  CHECK(open[0].decision.reason == "a finding");
  CHECK(it.entry().critical_since == at(100));

  const std::vector<NewDelivery> messages{{"duty", "MAIL", "", "m", "", "", ""}};
  must(it.critical().escalate(job, 1, "escalation 1", messages, at(200)));
  CHECK(it.critical().escalate(job, 1, "escalation 1", messages, at(201)).error().code == Errc::refused);  // once
  open = must(it.critical().open());
  CHECK(open[0].steps == 1);
  CHECK(open[0].last_step_at == at(200));
  CHECK(it.entry().critical_steps == 1);
  CHECK(must(it.ledger->study_detail(it.study))->deliveries.size() == 1);
  auto counts = must(it.critical().counts());
  CHECK(counts.waiting == 1);
  CHECK(counts.escalated == 1);
  CHECK(counts.oldest_at == at(100));

  must(it.critical().acknowledge(it.study, "AB", at(300)));
  CHECK(it.critical().acknowledge(it.study, "CD", at(301)).error().code == Errc::refused);
  CHECK(it.critical().acknowledge(99, "CD", at(301)).error().code == Errc::not_found);
  CHECK(it.critical().escalate(job, 2, "escalation 2", messages, at(302)).error().code == Errc::refused);
  CHECK(it.waiting() == 0);
  CHECK_FALSE(it.entry().critical_since);
  CHECK(it.entry().acknowledged_by == "AB");
  CHECK(it.entry().acknowledged_at == at(300));
  counts = must(it.critical().counts());
  CHECK(counts.waiting == 0);
  CHECK(counts.acknowledged == 1);
  CHECK(counts.acknowledge_time == std::chrono::seconds(200));
  const auto history = must(it.ledger->study_detail(it.study))->history;
  CHECK(std::any_of(history.begin(), history.end(), [](const auto& event) { return event.what == "escalation 1"; }));
  CHECK(history.back().what == "critical finding acknowledged by AB: seen");
}

TEST_CASE("a start of reading after the finding acknowledges, one before it does not, one taken back never did") {
  Critical it;
  SECTION("after") {
    it.find("p", 100);
    must(it.ledger->start_reading(it.study, "AB", at(200)));
    CHECK(it.waiting() == 0);
    CHECK(it.entry().acknowledged_by == "AB");
    must(it.ledger->release_reading(it.study, at(201)));
    CHECK(it.waiting() == 1);
    CHECK(must(it.critical().open())[0].since == at(100));
    CHECK_FALSE(it.entry().acknowledged_at);
  }
  SECTION("before") {
    must(it.ledger->start_reading(it.study, "AB", at(50)));
    it.find("p", 100);
    CHECK(it.waiting() == 1);
    must(it.ledger->finish_reading(it.study, "HL7 ORU^R01", at(200)));
    CHECK(it.waiting() == 0);
    must(it.ledger->reopen_reading(it.study, "HL7 ORU^R01", at(201)));
    CHECK(it.waiting() == 1);
  }
  SECTION("a person's own word is not taken back with a start") {
    it.find("p", 100);
    must(it.critical().acknowledge(it.study, "CD", at(150)));
    must(it.ledger->start_reading(it.study, "AB", at(200)));
    must(it.ledger->release_reading(it.study, at(201)));
    CHECK(it.waiting() == 0);
  }
}

TEST_CASE("the same pipeline finds the same again in a later revision; another one finds something else") {
  Critical it;
  it.find("p", 100);
  must(it.critical().acknowledge(it.study, "AB", at(110)));
  it.late_image(2);
  it.find("p", 200);
  CHECK(it.waiting() == 0);
  it.late_image(3);
  it.find("q", 300);
  CHECK(it.waiting() == 1);
}

TEST_CASE("a message that its destination refused holds no later one") {
  Critical it;
  const auto job = it.find("p", 100);
  const std::vector<NewDelivery> messages{{"duty", "MAIL", "", "m", "", "", ""}};
  must(it.critical().escalate(job, 1, "escalation 1", messages, at(200)));
  const auto first = must(it.ledger->lease_deliveries("duty", at(201), 9));
  REQUIRE(first.size() == 1);
  must(it.ledger->park(first[0].id, "SMTP status 550", at(201)));
  must(it.critical().escalate(job, 2, "escalation 2", messages, at(300)));
  CHECK(must(it.ledger->next_due("duty")));
  CHECK(must(it.ledger->lease_deliveries("duty", at(301), 9)).size() == 1);
}

TEST_CASE("after the final report nobody is asked") {
  Critical it;
  must(it.ledger->finish_reading(it.study, "HL7 ORU^R01", at(50)));
  it.find("p", 100);
  CHECK(it.waiting() == 0);
}

}  // namespace inferad::store
