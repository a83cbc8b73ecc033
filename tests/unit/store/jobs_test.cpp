// SPDX-License-Identifier: Apache-2.0
// The dispatcher's part: leases, findings, ends, retries, revisions.
#include "tests/unit/store/store_support.h"

namespace inferad::store {
namespace {

int events_with(Ledger& ledger, std::int64_t study_id, const std::string& words) {
  const auto detail = must(ledger.study_detail(study_id)).value();
  return static_cast<int>(std::count_if(detail.history.begin(), detail.history.end(), [&](const auto& event) {
    return event.what.find(words) != std::string::npos;
  }));
}

TEST_CASE("a job is leased once, and carries what a worker needs") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto study = complete_study(*ledger);
  const auto lease = leased(*ledger, 110);
  CHECK(lease.study_id == study);
  CHECK(lease.study_uid == "1.2.3");
  CHECK(lease.pipeline == "lung");
  CHECK(lease.revision == 1);
  CHECK(lease.attempts == 1);
  CHECK(lease.series_json == R"([{"uid":"1.2.3.1"}])");
  CHECK(lease.created_at == at(100));
  CHECK_FALSE(lease.findings_recorded);
  CHECK(lease.predecessors.empty());
  CHECK_FALSE(must(ledger->lease_job(at(111))));
  ledger->set_progress(lease.id, "infer", 0.5);
  must(ledger->set_pipeline_version(lease.id, "1.0.0"));
  const auto job = must(ledger->jobs()).at(0);
  CHECK(job.state == AiState::running);
  CHECK(job.stage == "infer");
  CHECK(job.progress == 0.5);
  CHECK(job.pipeline_version == "1.0.0");
  CHECK(job.started_at == at(110));
  CHECK(must(ledger->worklist())[0].ai_state == AiState::running);
  CHECK(must(ledger->worklist())[0].progress == 0.5);
  CHECK(must(ledger->counts()).jobs.at(AiState::running) == 1);
}

TEST_CASE("a job that joins waits for the others of its revision, and knows how they ended") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  must(ledger->record_instances(std::vector{ct_image(1, 1, "1.2.3", "1.2.3.1")}));
  StudyComplete complete;
  complete.study_id = must(ledger->open_studies()).at(0).id;
  complete.rule = "all";
  complete.jobs = {{"report", "[]", true}, {"lung", "[]"}, {"bones", "[]"}, {"heart", "[]"}};
  must(ledger->complete_study(complete, at(100)));
  const auto lung = leased(*ledger, 110), bones = leased(*ledger, 111), heart = leased(*ledger, 112);
  CHECK(lung.pipeline == "lung");
  CHECK(lung.inputs.empty());
  CHECK_FALSE(must(ledger->job_waits(at(113))));
  must(ledger->record_findings(lung.id, "{}", {}, {}, at(113)));
  must(ledger->finish_job(lung.id, AiState::done, "", {}, at(114)));
  must(ledger->fail_job(bones.id, "the worker died", at(115)));
  must(ledger->return_job(heart.id, true));  // pending again is not ended
  CHECK(leased(*ledger, 115).failure == "the worker died");
  CHECK(leased(*ledger, 116).pipeline == "heart");
  CHECK_FALSE(must(ledger->lease_job(at(117))));
  must(ledger->record_findings(heart.id, "{}", {}, {}, at(118)));
  must(ledger->finish_job(heart.id, AiState::not_analysed, "no series", {}, at(118)));
  const auto report = leased(*ledger, 119);
  CHECK(report.pipeline == "report");
  REQUIRE(report.inputs.size() == 3);
  CHECK(report.inputs[0].id == lung.id);
  CHECK(report.inputs[0].findings);
  CHECK(report.inputs[1].pipeline == "bones");
  CHECK(report.inputs[1].reason == "the worker died");
  CHECK_FALSE(report.inputs[1].findings);
  CHECK(report.inputs[2].pipeline == "heart");
  CHECK(report.inputs[2].findings);
}

TEST_CASE("the most urgent study is leased first, then the one that arrived first") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto routine = complete_study(*ledger, "1.1", 100);
  const auto later = complete_study(*ledger, "1.2", 200);
  auto images = ct_series(1, 300, "1.3");
  images[0].header.attributes["RequestedProcedurePriority"] = "STAT";
  images[0].received_at = at(90);
  StudyComplete complete;
  complete.study_id = must(ledger->record_instances(images))[0].study_id;
  complete.jobs = {{"lung", "[]"}};
  must(ledger->complete_study(complete, at(100)));
  CHECK(leased(*ledger, 101).study_id == complete.study_id);
  CHECK(leased(*ledger, 101).study_id == routine);
  CHECK(leased(*ledger, 101).study_id == later);
}

TEST_CASE("findings are recorded once: level, decision, messages and history") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto study = complete_study(*ledger);
  const auto lease = leased(*ledger, 110);
  const NewDelivery message{"ris", "HL7", "", "MSH|...", "", "", ""};
  const auto raise = decision(Level::stat, "Emphysema: LAA-950 31.2 %");
  for (int i = 0; i < 2; ++i)
    CHECK(must(ledger->record_findings(lease.id, R"({"items":[]})", raise, std::span(&message, 1), at(120 + i))) ==
          (i == 0));
  const auto detail = must(ledger->study_detail(study)).value();
  CHECK(detail.entry.level == Level::stat);
  CHECK(detail.entry.order_level == Level::routine);
  REQUIRE(detail.entry.decisions.size() == 1);
  CHECK(detail.entry.decisions[0].score == 31.2);
  CHECK(detail.entry.decisions[0].threshold == 25.0);
  CHECK(detail.entry.decisions[0].score_name == "LAA-950 %");
  CHECK(detail.entry.decisions[0].model_sha256 == std::string(64, 'a'));
  CHECK(detail.entry.decisions[0].decided_at == at(120));
  CHECK(detail.entry.ai_reason == "Emphysema: LAA-950 31.2 %");
  CHECK(detail.jobs[0].findings_json == R"({"items":[]})");
  CHECK(detail.jobs[0].findings_at == at(120));
  CHECK(detail.jobs[0].state == AiState::running);
  REQUIRE(detail.deliveries.size() == 1);
  CHECK(detail.deliveries[0].kind == "HL7");
  CHECK(events_with(*ledger, study, "priority raised to STAT") == 1);
}

TEST_CASE("two jobs of one study that ask for the same level tell it once") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  StudyComplete complete;
  complete.study_id = must(ledger->record_instances(ct_series(1)))[0].study_id;
  complete.jobs = {{"lung", "[]"}, {"other", "[]"}, {"third", "[]"}};
  must(ledger->complete_study(complete, at(100)));
  const auto first = leased(*ledger, 110), second = leased(*ledger, 110), third = leased(*ledger, 110);
  // Each made its message while the study was ROUTINE.
  const auto tell = [&](const JobLease& lease, Level level) {
    const NewDelivery message{"ris", "HL7", "", "MSH|" + lease.pipeline, "", "", ""};
    return must(ledger->record_findings(lease.id, "{}", decision(level, "x"), std::span(&message, 1), at(120)));
  };
  CHECK(tell(first, Level::high));
  CHECK_FALSE(tell(second, Level::high));
  CHECK(tell(third, Level::stat));
  std::vector<std::string> messages;
  for (const auto& each : must(ledger->lease_deliveries("ris", at(130), 10))) messages.push_back(each.message);
  CHECK(messages == std::vector<std::string>{"MSH|lung", "MSH|third"});
  CHECK(must(ledger->study_detail(complete.study_id)).value().entry.decisions.size() == 3);
}

TEST_CASE("AI never lowers the level of a study") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  auto images = ct_series(2);
  images[0].header.attributes["RequestedProcedurePriority"] = "HIGH";
  StudyComplete complete;
  complete.study_id = must(ledger->record_instances(images))[0].study_id;
  complete.jobs = {{"lung", "[]"}, {"other", "[]"}};
  must(ledger->complete_study(complete, at(100)));
  must(ledger->record_findings(leased(*ledger, 110).id, "{}", decision(Level::routine, "nothing urgent"), {}, at(120)));
  CHECK(must(ledger->worklist())[0].level == Level::high);
  const auto second = leased(*ledger, 111);
  must(ledger->record_findings(second.id, "{}", decision(Level::stat, "bleeding"), {}, at(121)));
  CHECK(must(ledger->worklist())[0].level == Level::stat);
  // A late image that carries a lower order level changes nothing about what AI said.
  next_revision(*ledger, complete.study_id, 60);
  CHECK(must(ledger->worklist())[0].level == Level::stat);
}

TEST_CASE("the end of a job and its deliveries are one step, done once") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto study = complete_study(*ledger);
  const auto lease = leased(*ledger, 110);
  const std::vector objects{dicom_delivery("SEG", "2.25.1"), dicom_delivery("SR", "2.25.2")};
  for (int i = 0; i < 2; ++i) must(ledger->finish_job(lease.id, AiState::done, "", objects, at(130 + i)));
  must(ledger->fail_job(lease.id, "too late to fail", at(140)));
  const auto detail = must(ledger->study_detail(study)).value();
  CHECK(detail.entry.ai_state == AiState::done);
  CHECK(detail.entry.progress == 1.0);
  CHECK(detail.jobs[0].finished_at == at(130));
  CHECK(detail.deliveries.size() == 2);
  CHECK(ledger->record_findings(lease.id, "{}", {}, {}, at(150)).error().code == Errc::refused);
  CHECK(ledger->return_job(lease.id).error().code == Errc::refused);
  CHECK(ledger->finish_job(99, AiState::done, "", {}, at(1)).error().code == Errc::not_found);
}

TEST_CASE("a job that looked and declined shows its reason") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  complete_study(*ledger);
  must(ledger->finish_job(leased(*ledger, 110).id, AiState::not_analysed, "slice distance 7 mm", {}, at(130)));
  CHECK(must(ledger->worklist())[0].ai_state == AiState::not_analysed);
  CHECK(must(ledger->worklist())[0].ai_reason == "slice distance 7 mm");
}

TEST_CASE("a returned job is leased again; only what counts is counted, and it waits as long as asked") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  complete_study(*ledger);
  must(ledger->return_job(leased(*ledger, 110).id));
  CHECK(must(ledger->jobs())[0].attempts == 0);
  const auto lease = leased(*ledger, 111);
  CHECK(lease.attempts == 1);
  must(ledger->return_job(lease.id, true, at(200)));
  must(ledger->return_job(lease.id, true, at(200)));  // already pending: nothing happens
  CHECK_FALSE(must(ledger->job_waits(at(199))));
  CHECK_FALSE(must(ledger->lease_job(at(199))));
  CHECK(must(ledger->job_waits(at(200))));
  CHECK(leased(*ledger, 200).attempts == 2);
  CHECK_FALSE(must(ledger->job_waits(at(200))));
}

TEST_CASE("a clock that is set back by a day does not hold a job") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  complete_study(*ledger);
  must(ledger->return_job(leased(*ledger, 86'400).id, true, at(86'460)));
  CHECK(must(ledger->lease_job(at(0))));
}

TEST_CASE("a failed job can be retried; its findings and deliveries come once") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto study = complete_study(*ledger);
  auto lease = leased(*ledger, 110);
  must(ledger->record_findings(lease.id, "{}", decision(Level::high, "emphysema"), {}, at(120)));
  CHECK(ledger->retry_job(lease.id, at(121)).error().code == Errc::refused);
  const std::vector objects{dicom_delivery("SEG", "2.25.1")};
  must(ledger->finish_job(lease.id, AiState::failed, "the SR could not be written", objects, at(130)));
  const auto entry = must(ledger->worklist())[0];
  CHECK(entry.ai_state == AiState::failed);
  CHECK(entry.level == Level::high);  // the priority stays
  CHECK(entry.ai_reason == "emphysema; then failed: the SR could not be written");
  must(ledger->retry_job(lease.id, at(140)));
  lease = leased(*ledger, 150);
  CHECK(lease.attempts == 1);
  CHECK(lease.findings_recorded);
  const std::vector all{dicom_delivery("SEG", "2.25.1"), dicom_delivery("SR", "2.25.2")};
  must(ledger->finish_job(lease.id, AiState::done, "", all, at(160)));
  const auto detail = must(ledger->study_detail(study)).value();
  CHECK(detail.deliveries.size() == 2);
  CHECK(detail.entry.decisions.size() == 1);
  CHECK(detail.entry.ai_reason == "emphysema");
}

TEST_CASE("a later revision knows the reports it supersedes and waits for them") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto study = complete_study(*ledger);
  const auto first = leased(*ledger, 110);
  next_revision(*ledger, study, 70);
  CHECK_FALSE(must(ledger->lease_job(at(501))));  // revision 1 still runs
  const std::vector objects{dicom_delivery("SEG", "2.25.1"), dicom_delivery("SR", "2.25.2"),
                            dicom_delivery("SR", "2.25.2", "archive")};
  must(ledger->finish_job(first.id, AiState::done, "", objects, at(510), {{"SR", "2.25.2"}}));
  const auto second = leased(*ledger, 520);
  CHECK(second.revision == 2);
  CHECK(second.predecessors == std::vector<Report>{{"SR", "2.25.2"}});
  must(ledger->fail_job(second.id, "worker died twice", at(530)));
  next_revision(*ledger, study, 71);
  CHECK(leased(*ledger, 540).predecessors == std::vector<Report>{{"SR", "2.25.2"}});  // revision 2 made none
  CHECK(ledger->retry_job(second.id, at(541)).error().code == Errc::refused);
}

TEST_CASE("a report that nobody gets is superseded all the same") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto study = complete_study(*ledger);
  must(ledger->finish_job(leased(*ledger, 110).id, AiState::done, "", {}, at(120), {{"SR", "2.25.2"}}));
  next_revision(*ledger, study, 70);
  CHECK(leased(*ledger, 510).predecessors == std::vector<Report>{{"SR", "2.25.2"}});
}

TEST_CASE("a job that never started is superseded by the next revision") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto study = complete_study(*ledger);
  next_revision(*ledger, study, 70);
  const auto detail = must(ledger->study_detail(study)).value();
  REQUIRE(detail.jobs.size() == 2);
  CHECK(detail.jobs[0].state == AiState::not_analysed);
  CHECK(detail.jobs[0].reason == "superseded by revision 2 before it started");
  CHECK(detail.entry.ai_state == AiState::pending);
  CHECK(leased(*ledger, 520).revision == 2);
  CHECK_FALSE(must(ledger->lease_job(at(521))));
}

TEST_CASE("the state of a study is that of its most telling job") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  StudyComplete complete;
  complete.study_id = must(ledger->record_instances(ct_series(1)))[0].study_id;
  complete.jobs = {{"a", ""}, {"b", ""}, {"c", ""}};
  must(ledger->complete_study(complete, at(100)));
  const auto state = [&] { return must(ledger->worklist())[0].ai_state; };
  const auto a = leased(*ledger, 110), b = leased(*ledger, 110);
  must(ledger->finish_job(a.id, AiState::not_analysed, "no", {}, at(120)));
  CHECK(state() == AiState::running);
  must(ledger->finish_job(b.id, AiState::done, "", {}, at(120)));
  CHECK(state() == AiState::pending);
  const auto c = leased(*ledger, 110);
  must(ledger->fail_job(c.id, "crashed", at(120)));
  CHECK(state() == AiState::failed);
  must(ledger->retry_job(c.id, at(121)));
  must(ledger->finish_job(leased(*ledger, 122).id, AiState::not_analysed, "no", {}, at(123)));
  CHECK(state() == AiState::done);
}

TEST_CASE("after a restart running jobs are pending again, without a counted attempt") {
  TempFolder folder;
  {
    const auto ledger = open_ledger(folder / "ledger.db");
    complete_study(*ledger);
    leased(*ledger, 110);
  }
  const auto ledger = open_ledger(folder / "ledger.db");
  CHECK_FALSE(must(ledger->lease_job(at(120))));
  CHECK(must(ledger->recover(at(120))) == 0);
  CHECK(leased(*ledger, 120).attempts == 1);
}

TEST_CASE("a job with which the node died again and again is not tried any more, until an operator asks") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto poison = complete_study(*ledger, "1.1", 100);
  const auto good = complete_study(*ledger, "1.2", 200);
  const auto state = [&](std::int64_t study) { return must(ledger->study_detail(study)).value().entry.ai_state; };
  for (int death = 1; death < Ledger::kNodeDeathsMax; ++death) {
    CHECK(leased(*ledger, 110).study_id == poison);
    CHECK(must(ledger->recover(at(111))) == 0);
  }
  CHECK(leased(*ledger, 112).study_id == poison);
  CHECK(must(ledger->recover(at(113))) == 1);
  const auto detail = must(ledger->study_detail(poison)).value();
  CHECK(detail.entry.ai_state == AiState::failed);
  CHECK(detail.entry.ai_reason == "the node died 5 times while this ran");
  CHECK(detail.jobs[0].finished_at == at(113));
  CHECK(events_with(*ledger, poison, "the node died 5 times") == 1);
  CHECK(must(ledger->recover(at(114))) == 0);  // told once
  CHECK(leased(*ledger, 114).failure == "the node died 5 times while this ran");
  must(ledger->recover(at(114)));
  const auto next = leased(*ledger, 115);
  CHECK(next.study_id == good);
  must(ledger->finish_job(next.id, AiState::done, "", {}, at(116)));
  CHECK(state(good) == AiState::done);
  must(ledger->retry_job(detail.jobs[0].id, at(120)));
  CHECK(leased(*ledger, 121).attempts == 1);
  CHECK(must(ledger->recover(at(122))) == 0);  // counted from nothing
  CHECK(state(poison) == AiState::pending);
}

TEST_CASE("a job with which the node died runs alone, so that its neighbours are cleared") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto first = complete_study(*ledger, "1.1", 100);
  const auto second = complete_study(*ledger, "1.2", 200);
  const auto third = complete_study(*ledger, "1.3", 300);
  const auto fourth = complete_study(*ledger, "1.4", 400);
  for (const auto study : {first, second}) CHECK(leased(*ledger, 110).study_id == study);
  must(ledger->recover(at(111)));
  const auto alone = leased(*ledger, 112);
  CHECK(alone.study_id == first);
  CHECK_FALSE(must(ledger->job_waits(at(112))));
  CHECK_FALSE(must(ledger->lease_job(at(112))));
  must(ledger->finish_job(alone.id, AiState::done, "", {}, at(113)));
  const auto cleared = leased(*ledger, 114);
  CHECK(cleared.study_id == second);
  CHECK_FALSE(must(ledger->lease_job(at(114))));
  must(ledger->finish_job(cleared.id, AiState::done, "", {}, at(115)));
  for (const auto study : {third, fourth}) CHECK(leased(*ledger, 116).study_id == study);
  SECTION("one that waits for the others to end is not overtaken meanwhile") {
    must(ledger->recover(at(117)));
    complete_study(*ledger, "1.5", 500);
    const auto suspect = leased(*ledger, 118);
    CHECK(suspect.study_id == third);
    must(ledger->return_job(suspect.id, true, at(200)));
    CHECK(leased(*ledger, 119).study_id == fourth);
    CHECK_FALSE(must(ledger->lease_job(at(119))));
  }
}

}  // namespace
}  // namespace inferad::store
