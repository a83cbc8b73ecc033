// SPDX-License-Identifier: Apache-2.0
// The host with a small Python program as worker (fake_worker.py): every way a worker can go wrong.
#include "server/workers/process_host.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "server/base/clock.h"
#include "server/base/unique_fd.h"

namespace inferad::workers {

namespace {

using Outcome = flow::WorkerResult::Outcome;
using namespace std::chrono_literals;

HostOptions fake(const std::string& at_start = "", int count = 1) {
  HostOptions options;
  options.command = {FAKE_WORKER, "serve", "--fd", "{fd}"};
  if (!at_start.empty()) options.command.insert(options.command.end(), {"--at-start", at_start});
  options.count = count;
  options.back_off_first = 20ms;
  options.back_off_longest = 50ms;
  return options;
}

struct Observer final : flow::JobObserver {
  void progress(const std::string& stage, double) override { stages.push_back(stage); }
  Status findings_ready() override {
    ++findings;
    return answer;
  }
  std::vector<std::string> stages;
  int findings = 0;
  Status answer = ok();
};

bool wait_for(const std::function<bool()>& condition) {
  const auto end = steady_now() + 10s;
  while (!condition() && steady_now() < end) std::this_thread::sleep_for(5ms);
  return condition();
}

std::unique_ptr<flow::FreeWorker> claim(ProcessHost& host) {
  std::unique_ptr<flow::FreeWorker> worker;
  const auto end = steady_now() + 10s;
  while (!(worker = host.claim()) && steady_now() < end) std::this_thread::sleep_for(1ms);
  REQUIRE(worker);
  return worker;
}

// On the next free worker.
Result<flow::WorkerResult> run(ProcessHost& host, const flow::WorkerOrder& order, Observer& observer,
                               std::stop_token stop = {}) {
  return claim(host)->run(order, observer, stop);
}

Result<flow::WorkerResult> run(ProcessHost& host, const std::string& how, Observer&& observer = {},
                               std::chrono::seconds deadline = 20s, std::stop_token stop = {}) {
  return run(host, {.job_id = 17, .pipeline = "p", .folder = "/jobs/" + how, .deadline = deadline}, observer, stop);
}

}  // namespace

TEST_CASE("a job runs, tells its progress and findings, and the worker takes the next one") {
  ProcessHost host(fake());
  for (int i = 0; i < 3; ++i) {
    Observer observer;
    const auto result = run(host, {.job_id = 17 + i, .pipeline = "p", .folder = "/jobs/well"}, observer);
    REQUIRE(result);
    CHECK(result->outcome == Outcome::done);
    CHECK(result->objects == std::vector<flow::WorkerObject>{{"seg.dcm", ResultKind::seg}, {"sr.dcm", ResultKind::sr}});
    CHECK(observer.stages == std::vector<std::string>{"load"});
    CHECK(observer.findings == 1);
  }
  CHECK(run(host, "decline")->reason == "too thick");
  CHECK(host.ready());
  CHECK(host.state().pipelines.at(0).models.at(0).sha256 == std::string(64, 'a'));
  CHECK(host.state().trouble.empty());
}

TEST_CASE("a worker that breaks in a job costs that job only") {
  ProcessHost host(fake());
  for (const char* how : {"die", "exit", "garbage", "long", "other", "flood"}) {
    INFO(how);
    const auto result = run(host, how);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::model);
    CHECK_FALSE(result.error().what.empty());
    CHECK(run(host, "well"));
  }
}

TEST_CASE("the signal that killed a worker is told") {
  ProcessHost host(fake());
  CHECK(run(host, "die").error().what.find("signal 11") != std::string::npos);
  CHECK(run(host, "exit").error().what.find("exit status 3") != std::string::npos);
}

TEST_CASE("a worker that hangs is killed at the deadline") {
  ProcessHost host(fake());
  const auto start = steady_now();
  const auto result = run(host, "hang", {}, 1s);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::model);
  CHECK(result.error().what.find("deadline") != std::string::npos);
  CHECK(steady_now() - start < 5s);
  CHECK(run(host, "well"));
}

TEST_CASE("a worker that talks without being asked is replaced, and its result stays") {
  ProcessHost host(fake());
  CHECK(run(host, "talk"));
  CHECK(wait_for([&] { return !host.state().trouble.empty() || host.state().ready == 0; }));
  CHECK(run(host, "talk-at-once"));
  CHECK(run(host, "well"));
}

TEST_CASE("a stop ends a job at once, and one that begins later") {
  ProcessHost host(fake());
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(200ms);
    stop.request_stop();
  });
  const auto start = steady_now();
  CHECK(run(host, "hang", {}, 30s, stop.get_token()).error().code == Errc::cancelled);
  CHECK(run(host, "well", {}, 30s, stop.get_token()).error().code == Errc::cancelled);
  CHECK(steady_now() - start < 5s);
}

TEST_CASE("an observer's error ends the job with that error") {
  ProcessHost host(fake());
  Observer observer;
  observer.answer = Error{Errc::invalid_input, "not valid"};
  CHECK(run(host, "well", std::move(observer)).error().what == "not valid");
  CHECK(run(host, "well"));
}

TEST_CASE("several jobs run at the same time, one a worker") {
  ProcessHost host(fake("", 3));
  REQUIRE(wait_for([&] { return host.ready(); }));
  const auto start = steady_now();
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 6; ++i) threads.emplace_back([&] { good += run(host, "wait").has_value(); });
  threads.clear();
  CHECK(good == 6);
  CHECK(steady_now() - start < 2300ms);  // two rounds of 0.4 s, not six
}

TEST_CASE("a worker that comes up slowly can be claimed when it is ready, and that is told") {
  auto options = fake("slow");
  std::atomic<int> told = 0;
  options.changed = [&] { ++told; };
  ProcessHost host(options);
  CHECK_FALSE(host.ready());
  CHECK_FALSE(host.claim());
  CHECK(told == 0);
  CHECK(wait_for([&] { return told > 0; }));
  CHECK(host.claim());
  CHECK(host.ready());
  CHECK(run(host, "well"));
}

TEST_CASE("a worker is claimed once at a time, and waits again when the claim ends without an order") {
  ProcessHost host(fake("", 2));
  REQUIRE(wait_for([&] { return host.ready(); }));
  for (int i = 0; i < 20; ++i) {
    const auto first = claim(host), second = claim(host);
    CHECK_FALSE(host.claim());
    CHECK(host.ready());
    if (i % 2 == 0) {
      Observer observer;
      CHECK(first->run({.job_id = 1, .pipeline = "p", .folder = "/jobs/well"}, observer, {}));
      CHECK(host.claim());  // after its order the worker is free, whatever becomes of the claim
    }
  }
  CHECK(host.state().trouble.empty());
}

TEST_CASE("a claimed worker that dies before its order costs the job no attempt") {
  ProcessHost host(fake());
  const auto inspected = run(host, "inspect");
  REQUIRE(inspected);
  const auto pid = std::stoi(inspected->reason.substr(inspected->reason.find("\"pid\": ") + 7));
  const auto worker = claim(host);
  ::kill(pid, SIGKILL);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
  Observer observer;
  const auto result = worker->run({.job_id = 1, .pipeline = "p", .folder = "/jobs/well"}, observer, {});
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::unavailable);
  CHECK(run(host, "well"));
}

TEST_CASE("workers that cannot start are never free, and the reason is told") {
  const auto [at_start, words] = GENERATE(table<std::string, std::string>({
      {"exit", "exit status 78"},
      {"garbage", "not a JSON object"},
      {"hang", "not ready after"},
  }));
  auto options = fake(at_start);
  if (at_start == "hang") options.start_deadline = 300ms;
  ProcessHost host(options);
  REQUIRE(wait_for([&] { return host.state().trouble.find(words) != std::string::npos; }));
  CHECK_FALSE(host.claim());
  CHECK_FALSE(host.ready());
  CHECK(host.state().ready == 0);
}

TEST_CASE("a program that is not there is no surprise") {
  auto options = fake();
  options.command[0] = "/nonexistent/inferad-worker";
  ProcessHost host(options);
  CHECK(wait_for([&] { return host.state().trouble.find("/nonexistent/inferad-worker") != std::string::npos; }));
  CHECK_FALSE(host.claim());
}

TEST_CASE("without workers none is ever free") {
  ProcessHost host(fake("", 0));
  CHECK_FALSE(host.claim());
  CHECK_FALSE(host.ready());
}

TEST_CASE("a refused pipeline fails its jobs with the reason of the refusal") {
  ProcessHost host(fake("refuse"));
  const auto result = run(host, "well");
  REQUIRE(result);
  CHECK(result->outcome == Outcome::failed);
  CHECK(result->reason.find("weights differ from model.json") != std::string::npos);
  CHECK(host.state().refused.size() == 1);
  Observer observer;
  CHECK(run(host, {.job_id = 1, .pipeline = "q", .folder = "/jobs/well"}, observer)->reason ==
        "pipeline q is not installed");
}

TEST_CASE("a pipeline whose loading ends workers is left out, and the others run") {
  const auto [at_start, words] =
      GENERATE(table<std::string, std::string>({{"hang-in-load", "not done after"}, {"die-in-load", "signal 11"}}));
  INFO(at_start);
  auto options = fake(at_start);
  options.load_deadline = 2s;
  ProcessHost host(options);
  CHECK(run(host, "well"));
  const auto state = host.state();
  REQUIRE(state.refused.size() == 1);
  CHECK(state.refused[0].name == "bad");
  CHECK(state.refused[0].reason.find(words) != std::string::npos);
  CHECK(state.trouble.empty());
  Observer observer;
  const auto result = run(host, {.job_id = 17, .pipeline = "bad", .folder = "/jobs/well"}, observer);
  REQUIRE(result);
  CHECK(result->outcome == Outcome::failed);
  CHECK(result->reason.find("left out") != std::string::npos);
}

TEST_CASE("one death in loading may be chance: the pipeline is tried once more") {
  const auto folder = std::filesystem::temp_directory_path() / ("inferad-host-" + std::to_string(getpid()));
  auto options = fake("die-once-in-load");
  options.command.insert(options.command.end(), {"--mark", folder.string()});
  ProcessHost host(options);
  CHECK(run(host, "well"));
  CHECK(host.state().refused.empty());
  CHECK(std::filesystem::remove(folder));
}

TEST_CASE("without warm-up the first claim starts the workers") {
  auto options = fake();
  options.warm_up = false;
  ProcessHost host(options);
  std::this_thread::sleep_for(200ms);
  CHECK_FALSE(host.ready());
  CHECK(run(host, "well"));
  CHECK(host.ready());
}

TEST_CASE("a host that was ready stays ready between jobs") {
  ProcessHost host(fake());
  REQUIRE(wait_for([&] { return host.ready(); }));
  int away = 0;
  for (int job = 0; job < 50; ++job) {
    REQUIRE(run(host, "well"));
    for (int look = 0; look < 50; ++look) away += !host.ready();
  }
  CHECK(away == 0);
}

TEST_CASE("a worker that dies while idle is replaced before a job is lost") {
  ProcessHost host(fake());
  const auto inspected = run(host, "inspect");
  REQUIRE(inspected);
  const auto pid = std::stoi(inspected->reason.substr(inspected->reason.find("\"pid\": ") + 7));
  ::kill(pid, SIGKILL);
  CHECK(wait_for([&] { return ::kill(pid, 0) != 0 && host.ready(); }));
  CHECK(run(host, "well"));
}

TEST_CASE("a worker inherits nothing but its log and its socket, in a process group of its own") {
  std::vector<UniqueFd> others;
  for (int i = 0; i < 20; ++i) others.emplace_back(::dup(0));  // without close-on-exec
  ProcessHost host(fake());
  const auto result = run(host, "inspect");
  REQUIRE(result);
  CHECK(result->reason.find("\"fds\": 4") != std::string::npos);
  CHECK(result->reason.find("\"group\": true") != std::string::npos);
}

TEST_CASE("the end of the host ends its workers") {
  int pid = 0;
  {
    ProcessHost host(fake());
    const auto result = run(host, "inspect");
    REQUIRE(result);
    pid = std::stoi(result->reason.substr(result->reason.find("\"pid\": ") + 7));
  }
  CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("the command line of a worker names all folders") {
  const auto arguments = serve_arguments({"/bin/w", "/c", "/m", "/v/jobs", "cpu", 2});
  CHECK(arguments == std::vector<std::string>{"/bin/w", "serve", "--fd", "{fd}", "--catalog", "/c", "--models", "/m",
                                              "--threads", "2", "--device", "cpu", "--writable", "/v/jobs"});
}

}  // namespace inferad::workers
