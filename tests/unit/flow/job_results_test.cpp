// SPDX-License-Identifier: Apache-2.0
// What a job sends to whom, and what is said when it has failed for good.
#include "tests/unit/flow/job_bench.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;
using Bench = JobBench;

TEST_CASE(
    "what each destination may need is asked for, and it gets the first of its wishes with the rest to fall back on") {
  Bench bench;
  bench.settings.results = {{"viewer", {{ResultKind::seg_labelmap, ResultKind::seg}, {ResultKind::sr}}},
                            {"pacs", {{ResultKind::sr, ResultKind::sr_comprehensive}, {ResultKind::sc}}}};
  const auto study = bench.node.study_with_job("1.1");
  REQUIRE(bench.attempt());
  CHECK_THAT(must(read_file(bench.node.folder.path() / "jobs/1/job.json", 1 << 20)), Catch::Contains(R"("results": [
  "SEG",
  "SEG_LABELMAP",
  "SC",
  "SR",
  "SR_COMPREHENSIVE"
 ])"));
  // The worker wrote SEG and SR only: the study gave no more.
  CHECK(bench.sent(study) == std::vector<std::string>{"ris HL7", "viewer SEG", "viewer SR", "pacs SR"});
}

TEST_CASE("an object that failed its check is parked with its reason and never sent, and holds nothing") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  bench.workers.scripts.push_back(
      [&](const WorkerOrder& order, JobObserver& observer, const std::stop_token&) -> Result<WorkerResult> {
        must(bench.workers.tell_findings(order, observer));
        FakeWorkers::write_results(order);
        return WorkerResult{WorkerResult::Outcome::done, "", {{"", ResultKind::seg, {}, "SEG check: a bit"}, kSr}};
      });
  REQUIRE(bench.attempt());
  const auto deliveries = bench.node.detail(study).deliveries;
  CHECK(bench.sent(study) == std::vector<std::string>{"ris HL7", "pacs SR", "pacs SEG", "archive SR"});
  CHECK(deliveries[2].state == DeliveryState::parked);
  CHECK(deliveries[2].last_error == "SEG check: a bit");
  CHECK(bench.node.ledger->retry_delivery(deliveries[2].id, wall_now()).error().code == Errc::refused);
  const auto due = must(bench.node.ledger->lease_deliveries("pacs", wall_now(), 10));
  REQUIRE(due.size() == 1);
  CHECK(due[0].kind == "SR");
}

TEST_CASE("a job that failed for good is reported as failed, from another worker, and stays failed") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  bench.workers.scripts = {Bench::die, Bench::die};
  bench.workers.level = "";
  REQUIRE(bench.attempt());
  REQUIRE(bench.attempt(Millis(60'000)));
  std::string told;
  SECTION("made") {
    bench.workers.failure_script = [&](const WorkerOrder& order, JobObserver&, const std::stop_token&) {
      told = order.failure;
      return FakeWorkers::report_of(order);
    };
    REQUIRE(bench.attempt());
    CHECK(told == "the worker died: signal 11");
    CHECK(bench.sent(study) == std::vector<std::string>{"pacs SR", "archive SR"});
  }
  SECTION("made after the node stopped in between") {
    bench.workers.failure_script = [&](const WorkerOrder&, JobObserver&, const std::stop_token&) {
      return Result<WorkerResult>(Error{Errc::cancelled, "stopping"});
    };
    REQUIRE(bench.attempt());
    CHECK(bench.sent(study).empty());
    bench.workers.failure_script = {};
    bench.node.restart();
    REQUIRE(bench.attempt());
    CHECK(bench.sent(study) == std::vector<std::string>{"pacs SR", "archive SR"});
  }
  SECTION("not to be made") {
    bench.workers.failure_script = Bench::die;
    REQUIRE(bench.attempt());
    CHECK(bench.sent(study).empty());
    CHECK(std::ranges::any_of(bench.node.detail(study).history, [](const auto& event) {
      return event.what == "ct-lung-density: no report of the failure";
    }));
  }
  SECTION("the node dies with it") {
    REQUIRE(must(bench.node.ledger->lease_job(wall_now())));
    bench.node.restart();
  }
  SECTION("an operator asks again before it is made") {
    must(bench.node.ledger->retry_job(bench.node.detail(study).jobs[0].id, wall_now()));
    REQUIRE(bench.attempt(Millis(60'000)));
    CHECK(bench.node.detail(study).entry.ai_state == AiState::done);
    CHECK(bench.sent(study).size() == 3);
    return;
  }
  CHECK(bench.node.detail(study).entry.ai_state == AiState::failed);
  CHECK_FALSE(bench.attempt(std::chrono::hours(1)));
}
