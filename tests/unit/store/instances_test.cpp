// SPDX-License-Identifier: Apache-2.0
// The clerk's part: what a received instance becomes, and when a study is complete.
#include "server/store/image_classes.h"
#include "tests/unit/store/store_support.h"

namespace inferad::store {
namespace {

TEST_CASE("the first image opens a study; its header is what the worklist shows") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto recorded = must(ledger->record_instances(ct_series(3)));
  REQUIRE(recorded.size() == 3);
  for (const auto& one : recorded) {
    CHECK(one.study_id == recorded.front().study_id);
    CHECK(one.disposition == Disposition::current);
    CHECK(one.revision_open == 1);
    CHECK_FALSE(one.reopened);
  }
  const auto open = must(ledger->open_studies());
  REQUIRE(open.size() == 1);
  CHECK(open[0].study_uid == "1.2.3");
  CHECK(open[0].calling_ae == "PACS");
  CHECK(open[0].instances == 3);
  CHECK(open[0].revision == 0);
  CHECK(open[0].first_image_at == at(1));
  CHECK(open[0].last_image_at == at(3));

  const auto entry = must(ledger->worklist()).at(0);
  CHECK(entry.patient_name == "Doe^Jane");
  CHECK(entry.study_description == "Chest");
  CHECK(entry.body_part == "CHEST");
  CHECK(entry.instances == 3);
  CHECK(entry.series == 1);
  CHECK(entry.ai_state == AiState::receiving);
  CHECK(entry.order_level == Level::routine);
}

TEST_CASE("study content gives back every attribute of every image, also what differs from the first of its series") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  auto instances = ct_series(3);
  instances[1].header.attributes.erase("BodyPartExamined");
  instances[1].header.attributes["PatientComments"] = "quote \" back\\slash, tab\t, \xC3\xA4";
  instances[2].header.frames = 4;
  const auto first = must(ledger->record_instances(std::span(instances).first(1)));  // two transactions
  must(ledger->record_instances(std::span(instances).subspan(1)));
  const auto study = must(ledger->study_content(first[0].study_id));
  CHECK(study.study_uid == "1.2.3");
  CHECK(study.open);
  REQUIRE(study.series.size() == 1);
  CHECK(study.series[0].modality == "CT");
  REQUIRE(study.series[0].instances.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(study.series[0].instances[i].spool_id == instances[i].spool.id);
    CHECK(study.series[0].instances[i].instance_uid == instances[i].header.instance_uid);
    CHECK(study.series[0].instances[i].frames == instances[i].header.frames);
    CHECK(study.series[0].instances[i].attributes == instances[i].header.attributes);
  }
  CHECK(ledger->study_content(99).error().code == Errc::not_found);
}

TEST_CASE("recording the same spool number again changes nothing") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto instances = ct_series(3);
  const auto once = must(ledger->record_instances(instances));
  const auto twice = must(ledger->record_instances(instances));
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(twice[i].study_id == once[i].study_id);
    CHECK(twice[i].disposition == Disposition::current);
    CHECK(twice[i].revision_open == 1);
  }
  CHECK(must(ledger->open_studies())[0].instances == 3);
  const std::vector<std::int64_t> ids{2, 9, 1, 7};
  CHECK(must(ledger->unrecorded(ids)) == std::vector<std::int64_t>{9, 7});
}

TEST_CASE("a spool number that comes again with other bytes is refused, and the batch leaves nothing") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  must(ledger->record_instances(ct_series(1)));
  std::vector<ReceivedInstance> batch{ct_image(5, 5), ct_image(1, 9)};
  CHECK(ledger->record_instances(batch).error().code == Errc::invalid_input);
  CHECK(must(ledger->open_studies())[0].instances == 1);
  const std::vector<std::int64_t> ids{5};
  CHECK(must(ledger->unrecorded(ids)) == ids);
}

TEST_CASE("an identical duplicate is counted and leaves no row") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto id = must(ledger->record_instances(ct_series(2)))[0].study_id;
  std::vector<ReceivedInstance> again{ct_image(11, 1), ct_image(12, 2), ct_image(13, 3), ct_image(14, 3)};
  const auto recorded = must(ledger->record_instances(again));
  CHECK(recorded[0].disposition == Disposition::duplicate_identical);
  CHECK(recorded[1].disposition == Disposition::duplicate_identical);
  CHECK(recorded[2].disposition == Disposition::current);
  CHECK(recorded[3].disposition == Disposition::duplicate_identical);  // within one batch too
  CHECK(must(ledger->open_studies())[0].instances == 3);
  // A crash before the caller removed the file: found without a row, recorded again, the same answer.
  const std::vector<std::int64_t> ids{11, 13};
  CHECK(must(ledger->unrecorded(ids)) == std::vector<std::int64_t>{11});
  CHECK(must(ledger->record_instances(std::span(again).first(1)))[0].disposition == Disposition::duplicate_identical);
  const auto detail = must(ledger->study_detail(id));
  REQUIRE(detail);
  CHECK(detail->series[0].instances == 3);
}

TEST_CASE("a duplicate of a finished study opens nothing") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  complete_study(*ledger);
  auto identical = ct_image(50, 1), conflict = ct_image(51, 2);
  conflict.spool.data_sha256 = sha256_hex("other");
  const auto recorded = must(ledger->record_instances(std::vector{identical, conflict}));
  CHECK(recorded[0].disposition == Disposition::duplicate_identical);
  CHECK(recorded[1].disposition == Disposition::duplicate_conflict);
  for (const auto& one : recorded) {
    CHECK(one.revision_open == 0);
    CHECK_FALSE(one.reopened);
  }
  CHECK(must(ledger->open_studies()).empty());
}

TEST_CASE("the same UID with other bytes: both are kept, the first stays current, the history says so") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto id = must(ledger->record_instances(ct_series(2)))[0].study_id;
  auto other = ct_image(20, 1);
  other.spool.data_sha256 = sha256_hex("other");
  auto third = ct_image(21, 1);
  third.spool.data_sha256 = sha256_hex("third");
  auto other_again = other;
  other_again.spool.id = 22;
  const auto recorded = must(ledger->record_instances(std::vector{other, third, other_again}));
  CHECK(recorded[0].disposition == Disposition::duplicate_conflict);
  CHECK(recorded[1].disposition == Disposition::duplicate_conflict);
  CHECK(recorded[2].disposition == Disposition::duplicate_identical);  // of the conflicting copy
  const auto content = must(ledger->study_content(id));
  REQUIRE(content.series[0].instances.size() == 2);
  CHECK(content.series[0].instances[0].spool_id == 1);
  const std::vector<std::int64_t> ids{20, 21};
  CHECK(must(ledger->unrecorded(ids)).empty());
  const auto detail = must(ledger->study_detail(id));
  const auto told = [&](const std::string& words) {
    return std::any_of(detail->history.begin(), detail->history.end(),
                       [&](const auto& event) { return event.what.find(words) != std::string::npos; });
  };
  CHECK(told("2 objects received again with other content"));
  CHECK(told("1 object received again, identical"));
  CHECK(detail->entry.instances == 2);
}

TEST_CASE("own results and objects that are no images are kept but open nothing") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  auto report = ct_image(1, 1);
  report.header.sop_class_uid = kSrClass;
  auto result = ct_image(2, 2);
  result.header.made_by_us = true;
  const auto recorded = must(ledger->record_instances(std::vector{report, result}));
  CHECK(recorded[0].disposition == Disposition::not_image);
  CHECK(recorded[1].disposition == Disposition::own_result);
  CHECK(recorded[0].study_id == recorded[1].study_id);
  CHECK(recorded[0].revision_open == 0);
  CHECK(must(ledger->open_studies()).empty());
  CHECK(must(ledger->worklist()).empty());
  CHECK_FALSE(must(ledger->study_detail(recorded[0].study_id)));
  // An image of the same study makes it visible, with its own header.
  must(ledger->record_instances(std::vector{ct_image(3, 3)}));
  const auto entry = must(ledger->worklist()).at(0);
  CHECK(entry.id == recorded[0].study_id);
  CHECK(entry.instances == 1);
  CHECK(entry.patient_id == "4711");
  CHECK(entry.arrived_at == at(3));
  const auto content = must(ledger->study_content(entry.id));
  CHECK(content.series.at(0).instances.size() == 1);
}

TEST_CASE("an image of the same UID in another study belongs to that study") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  auto moved = ct_image(2, 1);
  moved.header.study_uid = "9.9";
  moved.spool.data_sha256 = sha256_hex("moved");
  const auto recorded = must(ledger->record_instances(std::vector{ct_image(1, 1), moved}));
  CHECK(recorded[1].disposition == Disposition::current);
  CHECK(recorded[0].study_id != recorded[1].study_id);
}

TEST_CASE("the level of the order is the most urgent one an image carries") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  auto images = ct_series(3);
  SECTION("none: routine") {
    must(ledger->record_instances(images));
    CHECK(must(ledger->worklist())[0].level == Level::routine);
  }
  SECTION("low") {
    images[1].header.attributes["RequestedProcedurePriority"] = "LOW";
    must(ledger->record_instances(images));
    CHECK(must(ledger->worklist())[0].order_level == Level::low);
    CHECK(must(ledger->worklist())[0].level == Level::low);
  }
  SECTION("stat, in a later batch, wins") {
    images[0].header.attributes["RequestedProcedurePriority"] = "MEDIUM";
    images[2].header.attributes["RequestedProcedurePriority"] = "STAT";
    must(ledger->record_instances(std::span(images).first(2)));
    CHECK(must(ledger->worklist())[0].order_level == Level::routine);
    must(ledger->record_instances(std::span(images).subspan(2)));
    CHECK(must(ledger->worklist())[0].level == Level::stat);
  }
}

TEST_CASE("completing a study closes it, numbers the revision and makes its jobs") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto id = must(ledger->record_instances(ct_series(2)))[0].study_id;
  must(ledger->record_instances(std::vector{ct_image(3, 1, "1.2.3", "1.2.3.2")}));
  StudyComplete complete;
  complete.study_id = id;
  complete.reason = "count reported by PACS (3 of 3)";
  complete.rule = "chest-ct";
  complete.jobs = {{"lung", "[1]"}, {"nodule", "[2]"}};
  complete.excluded = {{"1.2.3.2", "localizer"}};
  CHECK(must(ledger->complete_study(complete, at(60))) == 1);
  CHECK(must(ledger->open_studies()).empty());
  CHECK(ledger->complete_study(complete, at(61)).error().code == Errc::refused);
  complete.study_id = 99;
  CHECK(ledger->complete_study(complete, at(61)).error().code == Errc::not_found);

  const auto detail = must(ledger->study_detail(id)).value();
  CHECK(detail.entry.revision == 1);
  CHECK(detail.entry.complete_at == at(60));
  CHECK(detail.entry.complete_reason == complete.reason);
  CHECK(detail.entry.rule == "chest-ct");
  CHECK(detail.entry.ai_state == AiState::pending);
  CHECK(detail.entry.series == 2);
  REQUIRE(detail.jobs.size() == 2);
  CHECK(detail.jobs[0].pipeline == "lung");
  CHECK(detail.jobs[0].state == AiState::pending);
  CHECK(detail.series[0].excluded_because.empty());
  CHECK(detail.series[1].excluded_because == "localizer");
  CHECK(must(ledger->studies_by_rule()).at("chest-ct") == 1);
}

TEST_CASE("a study without jobs shows the state and reason it was given") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  StudyComplete complete;
  complete.study_id = must(ledger->record_instances(ct_series(2)))[0].study_id;
  complete.reason = "quiet for 10 s";
  complete.rule = "mr";
  complete.without_jobs = AiState::not_analysed;
  complete.without_jobs_reason = "no model is installed";
  must(ledger->complete_study(complete, at(60)));
  const auto entry = must(ledger->worklist())[0];
  CHECK(entry.ai_state == AiState::not_analysed);
  CHECK(entry.ai_reason == "no model is installed");
  CHECK_FALSE(must(ledger->lease_job(at(61))));
}

TEST_CASE("a late image opens the study again, and the next completion is revision 2") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto id = complete_study(*ledger);
  const auto late = must(ledger->record_instances(std::vector{ct_image(30, 30), ct_image(31, 31)}));
  CHECK(late[0].reopened);
  CHECK_FALSE(late[1].reopened);
  CHECK(late[1].revision_open == 2);
  const auto open = must(ledger->open_studies());
  REQUIRE(open.size() == 1);
  CHECK(open[0].revision == 1);
  CHECK(open[0].instances == 5);
  CHECK(must(ledger->worklist())[0].ai_state == AiState::receiving);
  StudyComplete complete;
  complete.study_id = id;
  complete.jobs = {{"lung", "[2]"}};
  CHECK(must(ledger->complete_study(complete, at(200))) == 2);
  CHECK(must(ledger->worklist())[0].ai_state == AiState::pending);
}

TEST_CASE("image classes are images; reports, segmentations, states and documents are not") {
  for (const char* image : {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.1.1",
                            "1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.128",
                            "1.2.840.10008.5.1.4.1.1.77.1.6", "1.2.840.10008.5.1.4.1.1.3.1"})
    CHECK(is_image_class(image));
  for (const char* other :
       {"1.2.840.10008.5.1.4.1.1.88.34", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.11.1",
        "1.2.840.10008.5.1.4.1.1.88.59", "1.2.840.10008.5.1.4.1.1.104.1", "1.2.840.10008.5.1.4.1.1.66",
        "1.2.840.10008.5.1.4.1.1.9.1.1", "1.2.840.10008.5.1.4.1.1.481.3", "1.2.840.10008.1.1", ""})
    CHECK_FALSE(is_image_class(other));
}

}  // namespace
}  // namespace inferad::store
