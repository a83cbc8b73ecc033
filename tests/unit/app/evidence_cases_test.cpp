// SPDX-License-Identifier: Apache-2.0
// From a real ledger to the numbers: what jobs found, readers and reports said, and how long studies waited.
#include "server/app/evidence_cases.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "server/app/evidence_source.h"
#include "server/evidence/table.h"

namespace inferad::app {

namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;

std::string findings(const std::string& presence, const std::string& more = "") {
  return R"({"outcome": "analysed", "pipeline_version": "1.0.0", "items": [{"id": "bleed",
    "concept": {"meaning": "Haemorrhage"}, "presence": ")" +
         presence + "\"}]" + more + "}";
}

struct Site {
  Site() : start(wall_now() - std::chrono::hours(24)) {
    std::string pattern = (fs::temp_directory_path() / "inferad-evidence-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    ledger = std::move(*store::Ledger::open(folder / "ledger.db"));
  }
  ~Site() {
    ledger.reset();
    fs::remove_all(folder);
  }

  // Arrives at this minute.
  std::int64_t study(int number, int minute) {
    ReceivedInstance instance;
    instance.spool = {number, 100, std::string(64, static_cast<char>('a' + number))};
    auto& header = instance.header;
    header.study_uid = "1.2." + std::to_string(number);
    header.series_uid = header.study_uid + ".1";
    header.instance_uid = header.study_uid + ".1.1";
    header.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
    header.modality = "CT";
    header.attributes = {{"Modality", "CT"},
                         {"PatientSex", "F"},
                         {"PatientBirthDate", "19500601"},
                         {"StudyDate", "20260101"},
                         {"Manufacturer", " Acme "},
                         {"InstitutionName", "General"},
                         {"AccessionNumber", "A" + std::to_string(number)}};
    instance.received_at = start + minutes(minute);
    return ledger->record_instances(std::span(&instance, 1))->at(0).study_id;
  }
  std::int64_t analyse(std::int64_t study, int minute, const std::string& json, std::optional<Level> asks = {}) {
    store::StudyComplete complete;
    complete.study_id = study;
    complete.jobs = {{"ct-head", "[]"}};
    REQUIRE(ledger->complete_study(complete, start + minutes(minute)));
    const auto job = ledger->lease_job(start + minutes(minute))->value().id;
    REQUIRE(ledger->set_pipeline_version(job, "1.0.0"));
    std::optional<PriorityDecision> decision;
    if (asks) decision.emplace().level = *asks;
    REQUIRE(ledger->record_findings(job, json, decision, {}, start + minutes(minute)));
    REQUIRE(ledger->finish_job(job, AiState::done, "", {}, start + minutes(minute)));
    return job;
  }
  void judge(std::int64_t study, std::int64_t job, const std::string& reader, Opinion opinion) {
    Feedback said;
    said.study_id = study;
    said.job_id = job;
    said.finding = "bleed";
    said.label = "Haemorrhage";
    said.opinion = opinion;
    said.reader = reader;
    REQUIRE(ledger->add_feedback(said, wall_now()));
  }
  void read(std::int64_t study, int minute) { REQUIRE(ledger->start_reading(study, "", start + minutes(minute))); }

  WallTime start;
  fs::path folder;
  std::unique_ptr<store::Ledger> ledger;
};

const std::string kAsks = R"(, "priority": {"finding": "bleed"})";

}  // namespace

TEST_CASE("from the ledger to evidence") {
  Site site;
  const auto calm = site.study(1, 0), bleeding = site.study(2, 1), plain = site.study(3, 2);
  site.analyse(calm, 3, findings("absent"));
  const auto job = site.analyse(bleeding, 4, findings("present", kAsks), Level::stat);
  site.analyse(plain, 5, R"({"outcome": "not_analysed"})");
  site.read(bleeding, 10);  // before its turn
  site.read(calm, 20);
  site.read(plain, 30);
  site.judge(bleeding, job, "AB", Opinion::disagree);
  site.judge(bleeding, job, "AB", Opinion::agree);  // thinks better of it
  site.judge(bleeding, job, "CD", Opinion::none);
  store::EvidenceLedger reports(*site.ledger);
  const std::vector<store::ReportStatement> there = {{0, "haemorrhage", true}};  // by name, in other letters
  REQUIRE(reports.record_statements(bleeding, there, "RIS", wall_now()));
  const std::vector<store::ReportStatement> missed = {{0, "bleed", true}, {0, "fracture", true}};  // by id
  REQUIRE(reports.record_statements(calm, missed, "RIS", wall_now()));

  EvidenceCases source(*site.ledger);
  const auto collected = source.collect(site.start - minutes(1));
  REQUIRE(collected);
  CHECK(collected->starts == 3);
  REQUIRE(collected->cases.size() == 2);
  const auto& one = collected->cases[1];
  CHECK(one.age_band == "60-79");
  CHECK(one.sex == "F");
  CHECK(one.manufacturer == "ACME");
  CHECK(one.site == "GENERAL");
  const auto table = evidence::table(collected->cases, 20);
  REQUIRE(table.rows.size() == 1);  // groups of two are withheld
  CHECK(table.withheld.size() == 4);
  const auto& row = table.rows[0];
  CHECK(row.pipeline == "ct-head");
  CHECK(row.version == "1.0.0");
  CHECK(row.studies == 2);
  CHECK(row.raised == 1);
  CHECK(row.confirmed.k == 1);
  CHECK(row.confirmed.n == 1);
  // First in, first out: calm at 10, bleeding at 20, the third at 30.
  CHECK(row.positives.gained == Approx(10));
  CHECK(row.negatives.gained == Approx(-10));
  REQUIRE(row.findings.size() == 1);
  CHECK(row.findings[0].finding == "Haemorrhage");
  CHECK(row.findings[0].sensitivity.k == 1);
  CHECK(row.findings[0].sensitivity.n == 2);
  CHECK(row.findings[0].diseased.gained == Approx(0));
}

TEST_CASE("a later revision replaces the earlier one, but what was raised stays raised") {
  Site site;
  const auto study = site.study(1, 0);
  const auto first = site.analyse(study, 3, findings("present", kAsks), Level::stat);
  site.judge(study, first, "AB", Opinion::disagree);
  ReceivedInstance late;
  late.spool = {9, 100, std::string(64, 'z')};
  late.header.study_uid = "1.2.1";
  late.header.series_uid = "1.2.1.1";
  late.header.instance_uid = "1.2.1.1.2";
  late.header.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
  late.received_at = site.start + minutes(5);
  REQUIRE(site.ledger->record_instances(std::span(&late, 1)));
  site.analyse(study, 6, findings("absent"));
  EvidenceCases source(*site.ledger);
  const auto collected = source.collect(site.start - minutes(1));
  REQUIRE(collected);
  REQUIRE(collected->cases.size() == 1);
  CHECK(collected->cases[0].items.at(0).presence == evidence::Presence::absent);
  CHECK(collected->cases[0].raised);
  CHECK(collected->cases[0].words.empty());  // it was said of the earlier result
}

TEST_CASE("the table is made in the background and kept for a while") {
  Site site;
  site.analyse(site.study(1, 0), 3, findings("absent"));
  EvidenceSource source(*site.ledger);
  const auto get = [&](int days) {
    for (int i = 0; i < 200; ++i) {
      auto evidence = source.evidence(days, 20);
      if (evidence || evidence.error().code != Errc::unavailable) return evidence;
    }
    return source.evidence(days, 20);
  };
  const auto first = get(30);
  REQUIRE(first);
  CHECK(first->rows.size() == 1);
  CHECK(first->group_min == 20);
  CHECK(first->until - first->since == std::chrono::hours(24 * 30));
  site.analyse(site.study(2, 1), 4, findings("absent"));
  CHECK(get(30)->until == first->until);
  CHECK(get(31)->rows.at(0).studies == 2);
}

}  // namespace inferad::app
