// SPDX-License-Identifier: Apache-2.0
// Which reports a job supersedes that an operator had tried again.
#include "tests/unit/store/store_support.h"

namespace inferad::store {
namespace {

TEST_CASE("what a failed job makes when it is tried again supersedes the report of its failure") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto study = complete_study(*ledger);
  must(ledger->finish_job(leased(*ledger, 110).id, AiState::done, "", {}, at(120), {{"SR", "2.25.2"}}));
  next_revision(*ledger, study, 70);
  const auto job = leased(*ledger, 510);
  must(ledger->fail_job(job.id, "no memory", at(520)));
  const auto failure = leased(*ledger, 521);
  CHECK(failure.failure == "no memory");
  CHECK(failure.predecessors == std::vector<Report>{{"SR", "2.25.2"}});
  must(ledger->failure_reported(job.id, {}, {{"SR", "2.25.3"}}, at(522)));
  must(ledger->retry_job(job.id, at(530)));
  const std::vector<Report> both{{"SR", "2.25.2"}, {"SR", "2.25.3"}};
  CHECK(leased(*ledger, 540).predecessors == both);
  must(ledger->fail_job(job.id, "no memory", at(550)));
  CHECK(leased(*ledger, 551).predecessors == std::vector<Report>{{"SR", "2.25.2"}});  // the same report as before
  must(ledger->failure_reported(job.id, {}, {{"SR", "2.25.3"}}, at(552)));
  must(ledger->retry_job(job.id, at(560)));
  CHECK(leased(*ledger, 570).predecessors == both);
}

struct Joined {
  Joined() {
    must(ledger->record_instances(std::vector{ct_image(1, 1, "1.2.3", "1.2.3.1")}));
    StudyComplete complete;
    complete.study_id = study = must(ledger->open_studies()).at(0).id;
    complete.rule = "all";
    complete.jobs = {{"report", "[]", true}, {"lung", "[]"}};
    must(ledger->complete_study(complete, at(100)));
    lung = leased(*ledger, 110).id;
    must(ledger->fail_job(lung, "no memory", at(111)));
    must(ledger->failure_reported(leased(*ledger, 112).id, {}, {}, at(113)));
  }
  JobLease run_report(int second, std::optional<Level> asks, const std::string& uid) {
    const auto lease = leased(*ledger, second);
    CHECK(lease.pipeline == "report");
    std::optional<PriorityDecision> decision;
    if (asks) {
      decision.emplace().level = *asks;
      decision->reason = uid;
    }
    must(ledger->record_findings(lease.id, "{}", decision, {}, at(second)));
    const std::vector objects{dicom_delivery("SR", uid)};
    must(ledger->finish_job(lease.id, AiState::done, "", objects, at(second), {{"SR", uid}}));
    return lease;
  }
  WorklistEntry entry() { return must(ledger->study_detail(study))->entry; }

  TempFolder folder;
  std::unique_ptr<Ledger> ledger = open_ledger(folder / "ledger.db");
  std::int64_t study = 0, lung = 0;
};

TEST_CASE("a join runs again when an input that was tried again has ended, and supersedes its report") {
  Joined it;
  const auto first = it.run_report(120, Level::high, "2.25.1");
  CHECK(first.run == 1);
  CHECK(first.inputs.at(0).reason == "no memory");
  must(it.ledger->retry_job(it.lung, at(130)));
  CHECK(leased(*it.ledger, 131).id == it.lung);
  CHECK_FALSE(must(it.ledger->lease_job(at(132))));
  must(it.ledger->record_findings(it.lung, "{}", {}, {}, at(133)));
  must(it.ledger->finish_job(it.lung, AiState::done, "", {}, at(134)));
  CHECK(it.entry().ai_state == AiState::pending);
  CHECK(it.entry().level == Level::high);
  const auto second = it.run_report(140, std::nullopt, "2.25.2");
  CHECK(second.id == first.id);
  CHECK(second.run == 2);
  CHECK(second.inputs.at(0).findings);
  CHECK(second.predecessors == std::vector<Report>{{"SR", "2.25.1"}});
  CHECK(it.entry().level == Level::high);  // never lowered
  CHECK(it.entry().decisions.at(0).reason == "2.25.1");
  const auto deliveries = must(it.ledger->deliveries());
  CHECK(deliveries.size() == 2);  // both reports leave
  CHECK_FALSE(must(it.ledger->lease_job(at(150))));
}

TEST_CASE("the second run of a join may raise more, and says so as the reason") {
  Joined it;
  it.run_report(120, Level::high, "2.25.1");
  must(it.ledger->retry_job(it.lung, at(130)));
  leased(*it.ledger, 131);
  must(it.ledger->finish_job(it.lung, AiState::not_analysed, "no series", {}, at(134)));
  it.run_report(140, Level::stat, "2.25.2");
  CHECK(it.entry().level == Level::stat);
  REQUIRE(it.entry().decisions.size() == 1);
  CHECK(it.entry().decisions[0].reason == "2.25.2");
}

TEST_CASE("a join stays as it is when its input fails again, and no input is tried again while it runs") {
  Joined it;
  const auto running = leased(*it.ledger, 120);
  CHECK(it.ledger->retry_job(it.lung, at(121)).error().code == Errc::refused);
  must(it.ledger->return_job(running.id, false));
  it.run_report(122, std::nullopt, "2.25.1");
  must(it.ledger->retry_job(it.lung, at(130)));
  leased(*it.ledger, 131);
  must(it.ledger->fail_job(it.lung, "no memory", at(132)));
  must(it.ledger->failure_reported(leased(*it.ledger, 133).id, {}, {}, at(134)));
  CHECK_FALSE(must(it.ledger->lease_job(at(140))));
}

}  // namespace
}  // namespace inferad::store
