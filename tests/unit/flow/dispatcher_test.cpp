// SPDX-License-Identifier: Apache-2.0
#include "server/flow/dispatcher.h"

#include <barrier>
#include <thread>

#include "tests/unit/flow/job_bench.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;

namespace {

using Bench = JobBench;

const std::vector<std::string> kEverything{"ris HL7", "pacs SEG", "pacs SR", "archive SR"};

}  // namespace

TEST_CASE("a job ends with its findings, its priority, the message and the results, SEG before SR") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  REQUIRE(bench.attempt());
  const auto detail = bench.node.detail(study);
  CHECK(detail.entry.ai_state == AiState::done);
  CHECK(detail.entry.level == Level::high);
  CHECK(detail.entry.order_level == Level::routine);
  REQUIRE(detail.entry.decisions.size() == 1);
  CHECK(detail.entry.decisions[0].score == 31.2);
  CHECK(detail.entry.decisions[0].model_sha256 == "ab");
  REQUIRE(detail.jobs.size() == 1);
  CHECK(detail.jobs[0].pipeline_version == "1.0");
  CHECK_FALSE(detail.jobs[0].findings_json.empty());
  CHECK(bench.sent(study) == kEverything);
  CHECK_FALSE(bench.attempt(std::chrono::hours(1)));
}

TEST_CASE("the priority is committed and the message waits before the results exist") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  bench.workers.scripts.push_back([&](const WorkerOrder& order, JobObserver& observer, const std::stop_token&) {
    must(bench.workers.tell_findings(order, observer));
    CHECK(bench.node.detail(study).entry.level == Level::high);
    CHECK(bench.sent(study) == std::vector<std::string>{"ris HL7"});
    return Bench::die(order, observer, {});
  });
  REQUIRE(bench.attempt());
  CHECK(bench.node.detail(study).entry.level == Level::high);  // stays, although the results failed
}

TEST_CASE("a pipeline that raises nearly everything is held: recorded, shown, not applied, nothing sent") {
  Bench bench;
  bench.settings.worklist.alarm_results = 4;
  std::int64_t last = 0;
  for (int i = 1; i <= 5; ++i) {
    last = bench.node.study_with_job(fmt::format("1.{}", i), 1, i);
    REQUIRE(bench.attempt());
    CHECK(bench.node.detail(last).entry.level == (i <= 4 ? Level::high : Level::routine));
  }
  CHECK(bench.sent(last) == std::vector<std::string>{"pacs SEG", "pacs SR", "archive SR"});
  CHECK_THAT(bench.node.detail(last).entry.ai_reason, Catch::Contains("held, since 4 of its latest 4 results"));
  bench.settings.worklist.alarm_results = 0;
  last = bench.node.study_with_job("1.6", 1, 6);
  REQUIRE(bench.attempt());
  CHECK(bench.node.detail(last).entry.level == Level::high);
}

TEST_CASE("a job that runs again after its findings sends no second message and makes the same objects") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  std::string first_job;
  bench.workers.scripts.push_back([&](const WorkerOrder& order, JobObserver& observer, const std::stop_token&) {
    must(bench.workers.tell_findings(order, observer));
    FakeWorkers::write_results(order);
    first_job = FakeWorkers::job(order);
    return Bench::die(order, observer, {});
  });
  REQUIRE(bench.attempt());
  const auto folder = bench.node.folder.path() / "jobs" / "1";
  const auto first_seg = must(read_file(folder / "seg.dcm", 1 << 20));
  bench.node.restart();
  bench.settings.site.timezone = "+0500";  // changed meanwhile: results must not
  REQUIRE(bench.attempt(Millis(60'000)));
  CHECK(bench.sent(study) == kEverything);
  CHECK(must(read_file(folder / "job.json", 1 << 20)) == first_job);
  CHECK(must(read_file(folder / "seg.dcm", 1 << 20)) == first_seg);
  CHECK(bench.node.detail(study).entry.decisions.size() == 1);
}

TEST_CASE("two deaths on one study keep it from a third, until a human asks again") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  bench.workers.scripts = {Bench::die, Bench::die};
  REQUIRE(bench.attempt());
  CHECK(bench.node.detail(study).entry.ai_state == AiState::pending);
  CHECK_FALSE(bench.attempt());  // not at once
  REQUIRE(bench.attempt(Millis(60'000)));
  const auto detail = bench.node.detail(study);
  CHECK(detail.entry.ai_state == AiState::failed);
  CHECK_THAT(detail.jobs[0].reason, Catch::Contains("signal 11"));
  CHECK(bench.attempt());  // the report of the failure
  CHECK_FALSE(bench.attempt(std::chrono::hours(100)));
  CHECK(bench.workers.runs == 2);
  must(bench.node.ledger->retry_job(detail.jobs[0].id, wall_now()));
  REQUIRE(bench.attempt(Millis(60'000)));
  CHECK(bench.node.detail(study).entry.ai_state == AiState::done);
}

TEST_CASE("other studies go on while one is poison") {
  Bench bench;
  const auto poison = bench.node.study_with_job("1.1", 1, 1);
  const auto good = bench.node.study_with_job("1.2", 1, 2);
  bench.workers.scripts = {Bench::die};
  while (bench.attempt()) {
  }
  CHECK(bench.node.detail(good).entry.ai_state == AiState::done);
  CHECK(bench.node.detail(poison).entry.ai_state == AiState::pending);
}

TEST_CASE("trouble that is not the job's costs it no attempt") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  const auto error = GENERATE(Errc::unavailable, Errc::overload, Errc::io, Errc::cancelled);
  for (int i = 0; i < 5; ++i) {
    bench.workers.scripts.push_back(
        [error](const WorkerOrder&, JobObserver&, const std::stop_token&) -> Result<WorkerResult> {
          return Error{error, "no worker"};
        });
    REQUIRE(bench.attempt(std::chrono::minutes(i)));
  }
  CHECK(bench.node.detail(study).jobs[0].attempts == 0);
  REQUIRE(bench.attempt(std::chrono::minutes(10)));
  CHECK(bench.node.detail(study).entry.ai_state == AiState::done);
}

TEST_CASE("a stop gives the job back untouched") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  bench.workers.scripts.push_back([&](const WorkerOrder& order, JobObserver& observer, const std::stop_token&) {
    bench.stop.request_stop();
    return Bench::die(order, observer, {});  // the worker was killed because we stop
  });
  REQUIRE(bench.attempt());
  CHECK(bench.node.detail(study).entry.ai_state == AiState::pending);
  CHECK(bench.node.detail(study).jobs[0].attempts == 0);
}

TEST_CASE("a study that a pipeline declines says why, and its report is delivered") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  bench.workers.scripts.push_back(
      [&](const WorkerOrder& order, JobObserver& observer, const std::stop_token&) -> Result<WorkerResult> {
        must(bench.workers.tell_findings(order, observer, "not_analysed"));
        FakeWorkers::write_results(order);
        return WorkerResult{WorkerResult::Outcome::not_analysed, "slice distance 7 mm, at most 5 mm", {kSr}};
      });
  REQUIRE(bench.attempt());
  const auto detail = bench.node.detail(study);
  CHECK(detail.entry.ai_state == AiState::not_analysed);
  CHECK(detail.entry.level == Level::routine);
  CHECK(detail.entry.ai_reason == "slice distance 7 mm, at most 5 mm");
  CHECK(bench.sent(study) == std::vector<std::string>{"pacs SR", "archive SR"});
}

TEST_CASE("a failure is tried again, and a later success records its findings") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  bench.workers.scripts.push_back(
      [&](const WorkerOrder& order, JobObserver& observer, const std::stop_token&) -> Result<WorkerResult> {
        must(bench.workers.tell_findings(order, observer, "failed"));
        return WorkerResult{WorkerResult::Outcome::failed, "out of memory", {}};
      });
  REQUIRE(bench.attempt());
  REQUIRE(bench.attempt(Millis(60'000)));
  CHECK(bench.node.detail(study).entry.ai_state == AiState::done);
  CHECK(bench.node.detail(study).entry.level == Level::high);
  CHECK_THAT(bench.node.detail(study).jobs[0].findings_json, Catch::Contains("analysed"));
}

TEST_CASE("what a broken worker hands over is refused") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  const auto broken = GENERATE(0, 1, 2, 3, 4, 5, 6, 7);
  const FakeWorkers::Script script = [&](const WorkerOrder& order, JobObserver& observer,
                                         const std::stop_token&) -> Result<WorkerResult> {
    auto findings = bench.workers.findings(order);
    std::vector<WorkerObject> objects{kSeg};
    FakeWorkers::write_results(order);
    InstanceHeader foreign = ct_header("9.9", 1);
    switch (broken) {
      case 0:
        findings = "{not json";
        break;
      case 1:
        findings.replace(findings.find("\"job\":\"") + 7, 1, "9");
        break;
      case 2:
        findings.replace(findings.find("HIGH"), 4, "MAXI");
        break;
      case 3:
        objects = {{"../../ledger.db", ResultKind::seg}};
        break;
      case 4:
        objects = {{"missing.dcm", ResultKind::seg}};
        break;
      case 7:
        objects = {{"seg.dcm", ResultKind::sr}};
        break;
      case 5:
        write_object(order.folder / "seg.dcm", foreign);
        break;
      default:
        std::filesystem::remove(order.folder / "seg.dcm"),
            std::filesystem::create_symlink("/etc/hostname", order.folder / "seg.dcm");
    }
    must(write_file_durable(order.folder / "findings.json", findings));
    if (auto told = observer.findings_ready(); !told) return told.error();
    return WorkerResult{WorkerResult::Outcome::done, "", objects};
  };
  bench.workers.scripts = {script, script};
  REQUIRE(bench.attempt());
  REQUIRE(bench.attempt(Millis(60'000)));
  CHECK(bench.node.detail(study).entry.ai_state == AiState::failed);
  for (const auto& each : bench.sent(study)) CHECK(each == "ris HL7");
}

TEST_CASE("AI only raises: who is already as urgent causes no message") {
  Bench bench;
  const auto study = bench.node.study_with_job("1.1");
  SECTION("findings ask for less than the order") {
    bench.workers.level = "ROUTINE";
    REQUIRE(bench.attempt());
    CHECK(bench.node.detail(study).entry.level == Level::routine);
    CHECK(bench.sent(study) == std::vector<std::string>{"pacs SEG", "pacs SR", "archive SR"});
  }
  SECTION("a later revision asks for the same") {
    REQUIRE(bench.attempt());
    must(bench.node.ledger->record_instances(std::vector{received(50, ct_header("1.1", 9))}));
    CHECK(bench.node.complete(study, "1.1", 50) == 2);
    REQUIRE(bench.attempt());
    CHECK(bench.node.detail(study).entry.level == Level::high);
    CHECK(std::ranges::count(bench.sent(study), "ris HL7") == 1);
    CHECK(std::ranges::count(bench.sent(study), "pacs SR") == 2);
  }
}

TEST_CASE("two jobs of one study that find the same at the same time send one message") {
  for (int round = 0; round < 20; ++round) {
    Bench bench;
    const auto study =
        must(bench.node.ledger->record_instances(std::vector{received(1, ct_header("1.1", 1))}))[0].study_id;
    const std::string series = R"([{"uid":"1.1.1","objects":[1]}])";
    must(bench.node.ledger->complete_study(
        {study, "quiet for 10 s", "chest", {{"ct-lung-density", series}, {"nodules", series}}, {}, "", {}},
        wall_now()));
    std::barrier both(2);
    const auto run = [&](const store::JobLease& lease) {
      FakeWorkers workers;
      workers.scripts = {[&](const WorkerOrder& order, JobObserver& observer, const std::stop_token&) {
        both.arrive_and_wait();
        return workers.good(order, observer);
      }};
      const auto parts = bench.parts();
      JobRun(parts, bench.settings, bench.serial, lease, bench.stop.get_token()).run(*workers.claim());
    };
    const auto first = must(bench.node.ledger->lease_job(wall_now())),
               second = must(bench.node.ledger->lease_job(wall_now()));
    REQUIRE(first);
    REQUIRE(second);
    std::thread other([&] { run(*first); });
    run(*second);
    other.join();
    CHECK(bench.node.detail(study).entry.level == Level::high);
    CHECK(bench.node.detail(study).entry.decisions.size() == 2);
    CHECK(std::ranges::count(bench.sent(study), "ris HL7") == 1);
  }
}

TEST_CASE("a revision names the report it supersedes") {
  Bench bench;
  SECTION("delivered or on its way") {}
  SECTION("that no destination wants") { bench.settings.results.clear(); }
  const auto study = bench.node.study_with_job("1.1");
  REQUIRE(bench.attempt());
  must(bench.node.ledger->record_instances(std::vector{received(50, ct_header("1.1", 9))}));
  bench.node.complete(study, "1.1", 50);
  REQUIRE(bench.attempt());
  const auto first = must(read_file(bench.node.folder.path() / "jobs/1/sr.dcm", 1 << 20));
  const auto job = must(read_file(bench.node.folder.path() / "jobs/2/job.json", 1 << 20));
  const auto at = job.find("2.25.");
  REQUIRE(at != std::string::npos);
  CHECK(first.find(job.substr(at, job.find('"', at) - at)) != std::string::npos);
  CHECK_THAT(job, Catch::Contains("/spool/0/50.dcm") && Catch::Contains("0123456789ABCDEF"));
}

TEST_CASE("the dispatcher runs jobs as the bell rings and stops with them given back") {
  Bench bench;
  std::atomic<bool> hanging = false;
  bench.workers.scripts.push_back([&](const WorkerOrder&, JobObserver&, const std::stop_token& stop) {
    hanging = true;
    while (!stop.stop_requested()) std::this_thread::sleep_for(Millis(2));
    return Result<WorkerResult>(Error{Errc::cancelled, "stopping"});
  });
  std::int64_t study = 0;
  {
    Dispatcher dispatcher(bench.parts(), bench.workers, bench.settings, bench.serial);
    dispatcher.start();
    study = bench.node.study_with_job("1.1");
    bench.node.bells.jobs.ring();
    for (int i = 0; i < 10'000 && !hanging; ++i) std::this_thread::sleep_for(Millis(2));
    CHECK(hanging);
  }
  CHECK(bench.node.detail(study).entry.ai_state == AiState::pending);
}

TEST_CASE("a job waits as pending until a worker is free, and a more urgent one overtakes it") {
  Bench bench;
  bench.workers.free = 0;
  std::vector<std::string> order;
  const FakeWorkers::Script note = [&](const WorkerOrder& job, JobObserver& observer, const std::stop_token&) {
    order.push_back(FakeWorkers::member(FakeWorkers::job(job), "study_uid"));
    return bench.workers.good(job, observer);
  };
  bench.workers.scripts = {note, note};
  Dispatcher dispatcher(bench.parts(), bench.workers, bench.settings, bench.serial);
  dispatcher.start();
  const auto routine = bench.node.study_with_job("1.1", 1, 1);
  bench.node.bells.jobs.ring();
  auto header = ct_header("1.2", 1);
  header.attributes["RequestedProcedurePriority"] = "STAT";
  const auto urgent = must(bench.node.ledger->record_instances(std::vector{received(2, header)}))[0].study_id;
  bench.node.complete(urgent, "1.2", 2);
  bench.node.bells.jobs.ring();
  std::this_thread::sleep_for(Millis(50));  // enough for a dispatcher that leases too early
  for (const auto study : {routine, urgent}) {
    const auto job = bench.node.detail(study).jobs.at(0);
    CHECK(job.state == AiState::pending);
    CHECK(job.attempts == 0);
    CHECK_FALSE(job.started_at);
  }
  CHECK(order.empty());
  bench.workers.free = 1;
  bench.node.bells.jobs.ring();  // as the host of the workers does when one comes up
  const auto done = [&](std::int64_t study) { return bench.node.detail(study).entry.ai_state == AiState::done; };
  const auto ended = [&] { return done(routine) && done(urgent) && bench.workers.free == 1; };
  for (int i = 0; i < 5'000 && !ended(); ++i) std::this_thread::sleep_for(Millis(2));
  CHECK(ended());
  CHECK(order == std::vector<std::string>{"1.2", "1.1"});
  CHECK(bench.workers.free == 1);
}
