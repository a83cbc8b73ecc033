// SPDX-License-Identifier: Apache-2.0
// What readers say is kept for good; the latest word of each counts.
#include "tests/unit/store/store_support.h"

namespace inferad::store {

namespace {

struct Judged {
  Judged() : ledger(open_ledger(folder / "ledger.db")) {
    study = complete_study(*ledger);
    job = must(ledger->lease_job(at(101)))->id;
  }
  std::int64_t say(Opinion opinion, const std::string& reader, int seconds, const std::string& finding = "emphysema") {
    Feedback said;
    said.study_id = study;
    said.job_id = job;
    said.finding = finding;
    said.label = finding.empty() ? "" : "Pulmonary emphysema";
    said.presence = finding.empty() ? "" : "present";
    said.opinion = opinion;
    said.reader = reader;
    said.comment = opinion == Opinion::disagree ? "motion, not Doe^Jane's emphysema" : "";
    said.pipeline_version = "1.0.0";
    said.model_sha256 = "abc";
    return must(ledger->add_feedback(said, at(seconds)));
  }

  TempFolder folder;
  std::unique_ptr<Ledger> ledger;
  std::int64_t study = 0, job = 0;
};

}  // namespace

TEST_CASE("a reader's later word supersedes his earlier one on the same finding, and both stay, also after a restart") {
  Judged judged;
  const auto first = judged.say(Opinion::agree, "AB", 200);
  const auto other = judged.say(Opinion::disagree, "CD", 201);
  const auto whole = judged.say(Opinion::agree, "AB", 202, "");
  const auto second = judged.say(Opinion::disagree, "AB", 203);
  judged.ledger.reset();
  judged.ledger = open_ledger(judged.folder / "ledger.db");
  const auto all = must(judged.ledger->feedback_of_study(judged.study));
  REQUIRE(all.size() == 4);
  CHECK(all[0].id == first);
  CHECK(all[0].superseded_by == second);
  CHECK(all[0].opinion == Opinion::agree);
  CHECK(all[0].pipeline == "lung");
  CHECK(all[0].pipeline_version == "1.0.0");
  CHECK(all[0].model_sha256 == "abc");
  CHECK(all[0].label == "Pulmonary emphysema");
  CHECK(all[0].at == at(200));
  CHECK(all[1].id == other);
  CHECK(all[1].superseded_by == 0);
  CHECK(all[2].id == whole);
  CHECK(all[2].superseded_by == 0);
  CHECK(all[3].superseded_by == 0);
  CHECK(all[3].comment == "motion, not Doe^Jane's emphysema");
  const auto since = must(judged.ledger->feedback_since(at(201)));
  REQUIRE(since.size() == 2);
  CHECK(since[0].id == whole);
}

TEST_CASE("feedback is a line of the study's history, without the comment") {
  Judged judged;
  judged.say(Opinion::disagree, "AB", 200);
  judged.say(Opinion::none, "AB", 201);
  const auto history = must(judged.ledger->study_detail(judged.study))->history;
  REQUIRE(history.size() > 2);
  CHECK(history[history.size() - 2].what == "AB disagrees with Pulmonary emphysema (lung 1.0.0)");
  CHECK(history.back().what == "AB has no opinion any more on Pulmonary emphysema (lung 1.0.0)");
}

TEST_CASE("feedback on what is not there is refused, and nothing is written") {
  Judged judged;
  Feedback said;
  said.study_id = judged.study;
  said.job_id = judged.job + 1;
  CHECK(judged.ledger->add_feedback(said, at(200)).error().code == Errc::not_found);
  said.study_id = judged.study + 1;
  said.job_id = judged.job;
  CHECK(judged.ledger->add_feedback(said, at(200)).error().code == Errc::not_found);
  CHECK(must(judged.ledger->feedback_since(WallTime{})).empty());
}

}  // namespace inferad::store
