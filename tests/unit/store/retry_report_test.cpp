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

}  // namespace
}  // namespace inferad::store
