// SPDX-License-Identifier: Apache-2.0
// Unified Procedure Steps in the ledger: tasks follow studies, analyses their jobs, events their subscriptions; all of
// it is there again after a restart.
#include "server/store/workitems.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <span>

#include "tests/unit/store/store_support.h"

using namespace inferad;
using namespace inferad::store;
using ups::State;

namespace {

// A ledger with studies that collect images.
struct LedgerBench {
  TempFolder folder;
  std::unique_ptr<Ledger> ledger_ = open_ledger(folder.path() / "ledger.db");
  std::int64_t spool_id = 0;

  Ledger& ledger() { return *ledger_; }
  std::int64_t study(const std::string& uid) {
    const auto image = ct_image(++spool_id, 1, uid);
    return must(ledger().record_instances(std::span(&image, 1)))[0].study_id;
  }
  static StudyComplete without_jobs(std::int64_t study_id) {
    StudyComplete complete;
    complete.study_id = study_id;
    complete.without_jobs = AiState::not_applicable;
    return complete;
  }
  WorklistEntry entry(std::int64_t study_id) { return must(ledger().study_detail(study_id))->entry; }
  void reopen() {
    ledger_.reset();
    ledger_ = open_ledger(folder.path() / "ledger.db");
  }
};

struct Desk {
  LedgerBench bench;
  Workitems items{bench.ledger()};
  std::int64_t study = bench.study("1.2.3");
  WallTime now = wall_now();

  Workitem task() {
    const auto all = *items.list({{}, {}, "1.2.3", {}}, 100);
    REQUIRE_FALSE(all.empty());
    return *std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  }
  std::vector<std::string> told(const std::string& ae = "READ1") {
    std::vector<std::string> out;
    const auto events = must(items.events(ae, 100));
    for (const auto& event : events) {
      out.emplace_back(event.information.text(tag::state));
      CHECK(items.reported(event.id));
    }
    return out;
  }
  void follow() { CHECK(items.subscribe({"READ1", "", true, false, {}}, now)); }
};
using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("each study has one reading task, which follows it", "[ups]") {
  Desk desk;
  desk.follow();
  CHECK(*desk.items.sync(desk.study, desk.now) == 1);
  CHECK(*desk.items.sync(desk.study, desk.now) == 0);
  CHECK(*desk.items.sync(0, desk.now) == 0);
  CHECK(desk.task().state == State::scheduled);
  CHECK(desk.task().level == Level::routine);
  CHECK_FALSE(desk.task().ready);
  CHECK(desk.told() == Words{"SCHEDULED"});

  CHECK(desk.bench.ledger().complete_study(desk.bench.without_jobs(desk.study), desk.now));
  CHECK(*desk.items.sync(desk.study, desk.now) == 1);  // all images are there
  CHECK(desk.task().ready);
  CHECK(desk.bench.ledger().start_reading(desk.study, "on the page", desk.now));
  CHECK(*desk.items.sync(desk.study, desk.now) == 1);
  CHECK(desk.task().state == State::in_progress);
  CHECK(desk.task().transaction_uid.empty());
  CHECK(desk.bench.ledger().finish_reading(desk.study, "HL7", desk.now));
  CHECK(*desk.items.sync(desk.study, desk.now) == 1);
  CHECK(desk.told() == Words{"SCHEDULED", "IN PROGRESS", "COMPLETED"});
  CHECK(desk.bench.ledger().reopen_reading(desk.study, "HL7", desk.now));
  CHECK(*desk.items.sync(desk.study, desk.now) == 2);
  CHECK(desk.items.list({{}, {}, "1.2.3", {}}, 100)->size() == 2);  // an end is an end: another task
  CHECK(desk.told() == Words{"SCHEDULED", "IN PROGRESS"});
}

TEST_CASE("a claim starts the reading, once; giving it back makes a new task", "[ups]") {
  Desk desk;
  CHECK(desk.items.sync(0, desk.now));
  const auto first = desk.task();
  CHECK(desk.items.claim(first, "1.7", "worklist peer READ1", desk.now));
  CHECK(desk.task().state == State::in_progress);
  CHECK(desk.task().transaction_uid == "1.7");
  CHECK(desk.bench.entry(desk.study).reading_by == "worklist peer READ1");
  CHECK(desk.items.claim(first, "1.8", "other", desk.now).error().code == Errc::refused);
  CHECK(desk.bench.ledger().start_reading(desk.study, "page", desk.now).error().code == Errc::refused);

  CHECK(desk.items.give_back(desk.task(), desk.now));
  CHECK((*desk.items.find(first.uid))->state == State::canceled);
  const auto second = desk.task();
  CHECK(second.uid != first.uid);
  CHECK(second.state == State::scheduled);
  CHECK(second.transaction_uid.empty());
  CHECK_FALSE(desk.bench.entry(desk.study).reading_started_at);
  CHECK(desk.items.claim(first, "1.9", "late", desk.now).error().code == Errc::refused);
  CHECK_FALSE(desk.bench.entry(desk.study).reading_started_at);  // nothing of a refused claim stays

  CHECK(desk.items.claim(second, "1.9", "READ1", desk.now));
  CHECK(desk.items.complete(second, "worklist peer READ1", desk.now));
  CHECK((*desk.items.find(second.uid))->state == State::completed);
  CHECK(desk.bench.ledger().worklist()->empty());

  desk.bench.reopen();
  Workitems again(desk.bench.ledger());
  CHECK((*again.find(second.uid))->state == State::completed);
  CHECK((*again.find(second.uid))->transaction_uid == "1.9");
  CHECK(*again.sync(0, desk.now) == 0);
}

TEST_CASE("events go to who subscribed: to all, to one, not to an exception, not after a suspension", "[ups]") {
  Desk desk;
  CHECK(desk.items.sync(0, desk.now));
  const auto uid = desk.task().uid;
  CHECK(*desk.items.receivers(uid) == 0);
  CHECK(desk.items.subscribe({"ONE", uid, true, true, {}}, desk.now));
  desk.follow();
  CHECK(desk.told("ONE") == Words{"SCHEDULED"});  // the present state at once
  CHECK(desk.told() == Words{"SCHEDULED"});
  CHECK(*desk.items.receivers(uid) == 2);
  CHECK(desk.items.unsubscribe("READ1", uid));
  CHECK(desk.items.claim(desk.task(), "1.7", "x", desk.now));
  CHECK(desk.told("ONE") == Words{"IN PROGRESS"});
  CHECK(desk.told().empty());
  desk.follow();  // everything again: the exception ends
  CHECK(desk.told() == Words{"IN PROGRESS"});
  CHECK(desk.items.suspend("READ1", desk.now));
  desk.bench.study("1.2.4");
  CHECK(desk.items.sync(0, desk.now + Millis(1)));
  CHECK(desk.told().empty());
  CHECK(desk.items.give_back(desk.task(), desk.now + Millis(1)));
  CHECK(desk.told() == Words{"CANCELED"});  // of what was there before
  CHECK(desk.items.unsubscribe("ONE", ""));
  CHECK(*desk.items.receivers(uid) == 1);
}

TEST_CASE("an analysis that was asked for is a job, and ends as the job does", "[ups]") {
  Desk desk;
  Workitem wish;
  wish.study_id = desk.study;
  wish.uid = "1.50";
  wish.kind = Workitem::Kind::analysis;
  wish.pipeline = "lungs";
  CHECK(desk.items.create_analysis(wish, "", desk.now));  // images still come
  CHECK_FALSE((*desk.items.find("1.50"))->job_id);
  CHECK(desk.bench.ledger().complete_study(desk.bench.without_jobs(desk.study), desk.now));

  wish.uid = "1.51";
  CHECK(desk.items.create_analysis(wish, "[]", desk.now));
  CHECK(desk.items.create_analysis(wish, "[]", desk.now).error().code == Errc::refused);
  CHECK(desk.items.sync(desk.study, desk.now));
  REQUIRE((*desk.items.find("1.51"))->job_id);
  CHECK((*desk.items.find("1.50"))->job_id == (*desk.items.find("1.51"))->job_id);  // the same work once
  const auto lease = *desk.bench.ledger().lease_job(desk.now);
  REQUIRE(lease);
  CHECK(lease->pipeline == "lungs");
  CHECK(desk.items.sync(desk.study, desk.now));
  CHECK((*desk.items.find("1.51"))->state == State::in_progress);
  CHECK(desk.items.cancel_analysis(**desk.items.find("1.51"), "canceled", desk.now).error().code == Errc::refused);

  SECTION("done") {
    CHECK(desk.bench.ledger().finish_job(lease->id, AiState::done, "", {}, desk.now));
    CHECK(desk.items.sync(desk.study, desk.now));
    CHECK((*desk.items.find("1.51"))->state == State::completed);
  }
  SECTION("declined: nobody may take that for a result") {
    CHECK(desk.bench.ledger().finish_job(lease->id, AiState::not_analysed, "no lungs", {}, desk.now));
    CHECK(desk.items.sync(desk.study, desk.now));
    CHECK((*desk.items.find("1.51"))->state == State::canceled);
  }
}

TEST_CASE("the progress of an analysis is reported: news only, rarely, and the latest only", "[ups]") {
  Desk desk;
  Workitem wish;
  wish.study_id = desk.study;
  wish.uid = "1.50";
  wish.kind = Workitem::Kind::analysis;
  wish.pipeline = "lungs";
  CHECK(desk.bench.ledger().complete_study(desk.bench.without_jobs(desk.study), desk.now));
  CHECK(desk.items.create_analysis(wish, "[]", desk.now));
  const auto lease = must(desk.bench.ledger().lease_job(desk.now));
  REQUIRE(lease);
  CHECK(desk.items.sync(desk.study, desk.now));
  desk.bench.ledger().set_progress(lease->id, "load", 0.1);
  CHECK(*desk.items.report_progress(desk.study, desk.now) == 0);  // nobody follows
  desk.follow();
  desk.told();

  CHECK(*desk.items.report_progress(desk.study, desk.now) == 1);
  desk.bench.ledger().set_progress(lease->id, "infer", 0.354);
  CHECK(*desk.items.report_progress(desk.study, desk.now + Workitems::kProgressEvery - Millis(1)) == 0);
  CHECK(*desk.items.report_progress(desk.study, desk.now + Workitems::kProgressEvery) == 1);
  CHECK(*desk.items.report_progress(desk.study, desk.now + 3 * Workitems::kProgressEvery) == 0);  // the same
  const auto events = must(desk.items.events("READ1", 10));
  REQUIRE(events.size() == 1);  // the first was not sent: the second stands for it
  CHECK(events[0].type == ups::progress_report);
  CHECK(events[0].workitem == "1.50");
  const auto& progress = events[0].information.item(tag::progress_information);
  CHECK(progress.text(tag::progress) == "35");
  CHECK(progress.text(tag::progress_description) == "infer");

  CHECK(desk.bench.ledger().finish_job(lease->id, AiState::done, "", {}, desk.now));
  CHECK(desk.items.sync(desk.study, desk.now));
  CHECK(*desk.items.report_progress(desk.study, desk.now + 9 * Workitems::kProgressEvery) == 0);
}

TEST_CASE("what a performer sets is reported: progress, assignment and level, where they change", "[ups]") {
  Desk desk;
  CHECK(desk.items.sync(0, desk.now));
  desk.follow();
  desk.told();
  auto task = desk.task();
  DataSet progress, performer;
  progress.set(tag::progress, "40").set(tag::cancellation_reason, "is no progress");
  task.attributes.set_items(tag::progress_information, {progress});
  CHECK(desk.items.set_attributes(task, desk.now));
  performer.set_items(tag::human_performer_codes, {code_item("D1", "99SITE", "Dr One")});
  performer.set(tag::human_performer_organization, "Night team");
  task.attributes.set_items(tag::human_performers, {performer});
  task.attributes.set_items(tag::station_name, {code_item("R1", "99SITE", "Reader 1")});
  CHECK(desk.items.set_attributes(task, desk.now));
  task.attributes.set(tag::step_label, "no news");
  CHECK(desk.items.set_attributes(task, desk.now));
  task.level = Level::high;
  CHECK(desk.items.set_attributes(task, desk.now));

  const auto events = must(desk.items.events("READ1", 10));
  REQUIRE(events.size() == 3);
  CHECK(events[0].type == ups::progress_report);
  CHECK(events[0].information.item(tag::progress_information).text(tag::progress) == "40");
  CHECK(events[0].information.item(tag::progress_information).elements.size() == 1);
  CHECK(events[1].type == ups::assigned);
  CHECK(events[1].information.item(tag::station_name).text(tag::code_value) == "R1");
  CHECK(events[1].information.item(tag::human_performer_codes).text(tag::code_value) == "D1");
  CHECK(events[1].information.text(tag::human_performer_organization) == "Night team");
  CHECK(events[2].type == ups::state_report);
  CHECK(events[2].information.text(tag::priority) == "HIGH");

  Workitem wish;
  wish.study_id = desk.study;
  wish.uid = "1.50";
  wish.kind = Workitem::Kind::analysis;
  wish.pipeline = "lungs";
  wish.attributes.set_items(tag::station_name, {code_item("AI1", "99SITE", "AI")});
  CHECK(desk.items.create_analysis(wish, "", desk.now));
  const auto created = must(desk.items.events("READ1", 10));
  REQUIRE(created.size() >= 5);
  CHECK(created[3].type == ups::state_report);
  CHECK(created[4].type == ups::assigned);  // CC.2.4.3: populated when it is created
  CHECK(created[4].workitem == "1.50");
}

TEST_CASE("whoever subscribed is told that the node starts or goes down, of each once", "[ups]") {
  Desk desk;
  CHECK(desk.items.report_scp_status("RESTARTED", std::vector<std::string>{"ONE"}, desk.now));
  const auto first = must(desk.items.events("ONE", 10));
  REQUIRE(first.size() == 1);
  CHECK(first[0].information.text(tag::workitem_list_status) == "COLD START");  // nothing is known of before

  CHECK(desk.items.sync(0, desk.now));
  CHECK(desk.items.subscribe({"ONE", desk.task().uid, true, true, {}}, desk.now));
  desk.follow();
  desk.told("ONE");
  desk.told();
  const std::vector<std::string> configured = {"READ1", "NEVER_ASKED"};
  CHECK(desk.items.report_scp_status("GOING DOWN", configured, desk.now));
  CHECK(*desk.items.waiting(ups::scp_status) == 3);
  CHECK(desk.items.report_scp_status("RESTARTED", configured, desk.now));  // nobody was reached in between
  for (const std::string ae : {"ONE", "READ1", "NEVER_ASKED"}) {
    const auto events = must(desk.items.events(ae, 10));
    REQUIRE(events.size() == 1);
    CHECK(events[0].type == ups::scp_status);
    CHECK(events[0].workitem == ups::global);
    CHECK(events[0].information.text(tag::scp_status) == "RESTARTED");
    CHECK(events[0].information.text(tag::subscription_list_status) == "WARM START");
  }
}

TEST_CASE("who asked for an analysis that no rule takes up does not wait for ever", "[ups]") {
  Desk desk;
  Workitem wish;
  wish.study_id = desk.study;
  wish.uid = "1.50";
  wish.kind = Workitem::Kind::analysis;
  wish.pipeline = "lungs";
  CHECK(desk.items.create_analysis(wish, "", desk.now));
  CHECK(desk.bench.ledger().complete_study(desk.bench.without_jobs(desk.study), desk.now));
  CHECK(desk.items.sync(desk.study, desk.now));
  const auto ended = **desk.items.find("1.50");
  CHECK(ended.state == State::canceled);
  CHECK_FALSE(ended.attributes.item(tag::progress_information).text(tag::cancellation_reason).empty());
}
