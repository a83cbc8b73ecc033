// SPDX-License-Identifier: Apache-2.0
// Raises that are held: recorded and shown, not applied.
#include "tests/unit/store/store_support.h"

namespace inferad::store {

namespace {

PriorityDecision asks(Level level) {
  PriorityDecision decision;
  decision.level = level;
  decision.reason = "a finding";
  return decision;
}

// A ledger in which pipeline "p" analyses study after study.
struct Analyses {
  Analyses() : ledger(open_ledger(folder / "ledger.db")) {}

  // The number of a study whose result asks for `level`; `held`: why that is not applied.
  std::int64_t analyse(int number, std::optional<Level> level, const std::string& held = "") {
    const auto uid = fmt::format("1.{}", number);
    const auto study = must(ledger->record_instances(std::vector{ct_image(number, 1, uid, uid + ".1")}))[0].study_id;
    StudyComplete complete;
    complete.study_id = study;
    complete.jobs = {{"p", "[]"}};
    must(ledger->complete_study(complete, at(100 + number)));
    const auto job = must(ledger->lease_job(at(100 + number)))->id;
    const auto decision = level ? std::optional(asks(*level)) : std::nullopt;
    raised = must(ledger->record_findings(
        job, "{}", decision, std::vector<NewDelivery>{{"ris", "HL7", "", "m", "", "", ""}}, at(100 + number), held));
    must(ledger->finish_job(job, AiState::done, "", {}, at(101 + number)));
    return study;
  }

  TempFolder folder;
  std::unique_ptr<Ledger> ledger;
  bool raised = false;
};

}  // namespace

TEST_CASE("a held raise changes no level and sends nothing, and the study says so") {
  Analyses it;
  const auto study = it.analyse(1, Level::stat, "raises of p are held");
  CHECK_FALSE(it.raised);
  const auto detail = *must(it.ledger->study_detail(study));
  CHECK(detail.entry.level == Level::routine);
  CHECK(detail.entry.ai_reason == "not raised: raises of p are held; asked for STAT: a finding");
  CHECK(detail.entry.decisions.empty());
  CHECK(detail.deliveries.empty());
  const auto other = it.analyse(2, Level::stat);
  CHECK(it.raised);
  CHECK(must(it.ledger->study_detail(other))->entry.level == Level::stat);
  CHECK(must(it.ledger->study_detail(other))->deliveries.size() == 1);
}

TEST_CASE("the rate counts the latest results, held raises too; what asks for no more than the order is none") {
  Analyses it;
  it.analyse(1, Level::high);
  it.analyse(2, Level::stat, "held");
  it.analyse(3, Level::routine);
  it.analyse(4, std::nullopt);
  auto rate = must(it.ledger->raise_rate("p", 100));
  CHECK(rate.results == 4);
  CHECK(rate.raises == 2);
  CHECK_FALSE(rate.held);
  rate = must(it.ledger->raise_rate("p", 3));
  CHECK(rate.results == 3);
  CHECK(rate.raises == 1);
  CHECK(must(it.ledger->raise_rate("other", 100)).results == 0);
}

TEST_CASE("a hold survives a restart until it is released") {
  Analyses it;
  must(it.ledger->set_hold("p", true, at(1)));
  must(it.ledger->set_hold("p", true, at(2)));
  it.ledger.reset();
  it.ledger = open_ledger(it.folder / "ledger.db");
  CHECK(must(it.ledger->raise_rate("p", 10)).held);
  CHECK_FALSE(must(it.ledger->raise_rate("q", 10)).held);
  must(it.ledger->set_hold("p", false, at(3)));
  CHECK_FALSE(must(it.ledger->raise_rate("p", 10)).held);
}

}  // namespace inferad::store
