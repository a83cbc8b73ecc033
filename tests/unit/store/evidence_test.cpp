// SPDX-License-Identifier: Apache-2.0
// What the ledger tells about analyses after they were used.
#include "server/store/evidence.h"

#include "tests/unit/store/store_support.h"

namespace inferad::store {

namespace {

struct Site {
  Site() : ledger(open_ledger(folder / "ledger.db")), evidence(*ledger) {}

  std::int64_t study(int number, const std::string& priority = "") {
    auto image = ct_image(number, 1, fmt::format("1.{}", number), fmt::format("1.{}.1", number));
    auto& header = image.header.attributes;
    header["Manufacturer"] = "ACME";
    header["InstitutionName"] = "General";
    header["PatientSex"] = "F";
    header["PatientAge"] = "061Y";
    header["AccessionNumber"] = fmt::format("A{}", number / 10);
    if (!priority.empty()) header["RequestedProcedurePriority"] = priority;
    image.received_at = at(number);
    return ledger->record_instances(std::vector{image})->at(0).study_id;
  }
  std::int64_t analyse(std::int64_t study, int second, std::optional<Level> asks, const std::string& held = "") {
    StudyComplete complete;
    complete.study_id = study;
    complete.jobs = {{"ct-head", "[]"}};
    REQUIRE(ledger->complete_study(complete, at(second)));
    const auto job = ledger->lease_job(at(second))->value().id;
    REQUIRE(ledger->set_pipeline_version(job, "1.0.0"));
    std::optional<PriorityDecision> decision;
    if (asks) decision.emplace().level = *asks;
    REQUIRE(ledger->record_findings(job, R"({"outcome":"analysed"})", decision, {}, at(second), held));
    REQUIRE(ledger->finish_job(job, AiState::done, "", {}, at(second)));
    return job;
  }

  TempFolder folder;
  std::unique_ptr<Ledger> ledger;
  EvidenceLedger evidence;
};

}  // namespace

TEST_CASE("an analysis tells what it asked for, what came of it, and to which groups its study belongs") {
  Site site;
  const auto routine = site.study(1), urgent = site.study(2, "STAT"), held = site.study(3), calm = site.study(4);
  const auto first = site.analyse(routine, 100, Level::high);
  site.analyse(urgent, 101, Level::stat);
  site.analyse(held, 102, Level::stat, "raises of ct-head are held");
  site.analyse(calm, 103, std::nullopt);
  const auto all = must(site.evidence.analysed(at(0)));
  REQUIRE(all.size() == 4);
  CHECK(all[0].job_id == first);
  CHECK(all[0].study_id == routine);
  CHECK(all[0].pipeline == "ct-head");
  CHECK(all[0].pipeline_version == "1.0.0");
  CHECK(all[0].sex == "F");
  CHECK(all[0].age == "061Y");
  CHECK(all[0].institution == "General");
  CHECK(all[0].arrived_at == at(1));
  const auto said = [](const AnalysedStudy& one) { return std::pair(one.asked, one.raised); };
  CHECK(said(all[0]) == std::pair(true, true));
  CHECK(said(all[1]) == std::pair(true, false));  // its order was as urgent
  CHECK(said(all[2]) == std::pair(true, false));
  CHECK(said(all[3]) == std::pair(false, false));
  CHECK(must(site.evidence.analysed(at(102))).size() == 1);
  const auto facts = must(site.evidence.facts(first));
  CHECK(facts.manufacturer == "ACME");
  CHECK(facts.findings_json == R"({"outcome":"analysed"})");
  CHECK(site.evidence.facts(99).error().code == Errc::not_found);
}

TEST_CASE("of statements about a finding the last one counts, after a restart too") {
  Site site;
  const auto study = site.study(1);
  const std::vector<ReportStatement> first = {{0, "Haemorrhage", true}, {0, "Fracture", false}};
  REQUIRE(site.evidence.record_statements(study, first, "HL7 ORU^R01", at(200)));
  const std::vector<ReportStatement> corrected = {{0, "Haemorrhage", false}};
  REQUIRE(site.evidence.record_statements(study, corrected, "HL7 ORU^R01", at(300)));
  site.ledger.reset();
  site.ledger = open_ledger(site.folder / "ledger.db");
  EvidenceLedger evidence(*site.ledger);
  const auto all = must(evidence.statements(at(0)));
  REQUIRE(all.size() == 2);
  CHECK(all[0].finding == "Fracture");
  CHECK_FALSE(all[0].present);
  CHECK(all[1].finding == "Haemorrhage");
  CHECK_FALSE(all[1].present);
  CHECK(all[1].study_id == study);
  CHECK(must(evidence.statements(at(250))).size() == 1);
  CHECK(evidence.record_statements(99, first, "", at(1)).error().code == Errc::not_found);
  CHECK(must(site.ledger->study_detail(study))->history.back().what ==
        "the report says: Haemorrhage absent (HL7 ORU^R01)");
}

TEST_CASE("studies are known by their UID or their accession number") {
  Site site;
  const auto a = site.study(11), b = site.study(12), c = site.study(23);
  CHECK(must(site.evidence.studies_known_as("A1")) == std::vector{a, b});
  CHECK(must(site.evidence.studies_known_as("1.23")) == std::vector{c});
  CHECK(must(site.evidence.studies_known_as("")).empty());
  CHECK(must(site.evidence.studies_known_as("X")).empty());
}

}  // namespace inferad::store
