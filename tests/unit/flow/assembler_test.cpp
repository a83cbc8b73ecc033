// SPDX-License-Identifier: Apache-2.0
#include "server/flow/assembler.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <random>

using namespace inferad;
using namespace inferad::flow;
using Kind = AssemblerAction::Kind;
using Object = Assembler::Object;

namespace {

const SteadyTime kStart{Millis(1'000'000)};

config::AssemblerSettings settings(bool query) {
  config::AssemblerSettings s;
  s.query_peer = query ? "pacs" : "";
  return s;
}

// The clerk's part with a virtual clock: answers what the assembler asks for.
struct Bench {
  explicit Bench(config::AssemblerSettings s) : assembler(std::move(s)) {}
  struct Completed {
    std::int64_t study;
    Evidence evidence;
    std::string reason;
    Millis at;
  };
  Assembler assembler;
  SteadyTime now = kStart;
  std::function<std::optional<int>(std::int64_t)> pacs = [](std::int64_t) { return std::nullopt; };
  Millis pacs_latency{20};
  Wholeness whole = Wholeness::unknown;
  std::vector<Completed> completed;
  std::vector<Millis> asks;
  int examinations = 0;
  struct Answer {
    SteadyTime at;
    std::int64_t study;
    std::optional<int> reported;
  };
  std::vector<Answer> answers;
  void image(std::int64_t study, std::uint64_t association = 1) {
    if (!assembler.knows(study)) assembler.open(study, {}, now);
    assembler.received(study, Object::image, association, now);
    act();
  }
  void images(std::int64_t study, int count, std::uint64_t association = 1) {
    for (int i = 0; i < count; ++i) image(study, association);
  }
  void end(std::uint64_t association, bool released = true) {
    assembler.association_ended(association, released, now);
    act();
  }
  void act() {
    for (const auto& action : assembler.due(now)) {
      if (action.kind == Kind::complete) {
        completed.push_back({action.study_id, action.evidence, action.reason, now - kStart});
        assembler.closed(action.study_id);
      } else if (action.kind == Kind::ask_count) {
        asks.push_back(now - kStart);
        answers.push_back({now + pacs_latency, action.study_id, pacs(action.study_id)});
      } else {
        ++examinations;
        assembler.examined(action.study_id, whole, now);
        act();
      }
    }
  }
  void run(Millis time) {
    const SteadyTime end_at = now + time;
    for (int steps = 0; steps < 100'000; ++steps) {
      act();
      SteadyTime next = assembler.next_deadline().value_or(SteadyTime::max());
      for (const auto& answer : answers) next = std::min(next, answer.at);
      if (next > end_at) break;
      REQUIRE(next > now - Millis(1));
      now = std::max(now, next);
      for (const auto& answer : answers)
        if (answer.at <= now) assembler.counted(answer.study, answer.reported, now);
      std::erase_if(answers, [&](const Answer& answer) { return answer.at <= now; });
    }
    now = end_at;
    act();
  }
};

}  // namespace

TEST_CASE("with the PACS count a study is complete less than a second after its last image") {
  Bench bench(settings(true));
  bench.pacs = [](std::int64_t) { return 120; };
  for (int i = 0; i < 120; ++i) {
    bench.image(1);
    bench.run(Millis(30));
  }
  const Millis last = bench.now - kStart - Millis(30);
  SECTION("the association ends") { bench.end(1); }
  SECTION("the association stays open") {}
  bench.run(Millis(60'000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].evidence == Evidence::count);
  CHECK(bench.completed[0].reason == "count reported by PACS (120 of 120)");
  CHECK(bench.completed[0].at - last < Millis(1000));
  CHECK(bench.asks.size() <= 3);  // while images come quickly, nobody is asked
}

TEST_CASE("equal counts while the PACS itself still receives do not complete a study") {
  Bench bench(settings(true));
  int sent = 0;  // the PACS forwards each image as it comes, four a second, each in its own association
  bench.pacs = [&](std::int64_t) { return sent; };
  for (; sent < 40;) {
    ++sent;
    bench.image(1, static_cast<std::uint64_t>(sent));
    bench.end(static_cast<std::uint64_t>(sent));
    bench.run(Millis(250));
  }
  CHECK(bench.completed.empty());
  bench.run(Millis(2000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].reason == "count reported by PACS (40 of 40)");
  CHECK(bench.asks.size() <= 40);
}

TEST_CASE("a PACS that knows of more images makes the node wait, but not for ever") {
  Bench bench(settings(true));
  bench.pacs = [](std::int64_t) { return 120; };
  bench.whole = Wholeness::contiguous;  // what is here lies without gaps: no evidence while more is expected
  bench.images(1, 50);
  bench.end(1);
  bench.run(Millis(29'900));
  CHECK(bench.completed.empty());
  bench.run(Millis(200));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].evidence == Evidence::quiet);
  CHECK(bench.completed[0].reason == "quiet for 30 s (50 of 120 reported by PACS)");
  CHECK(bench.asks.size() <= 6);  // ever more rarely
}

TEST_CASE("the rest of the images completes the study at once when the count is known") {
  Bench bench(settings(true));
  bench.pacs = [](std::int64_t) { return 60; };
  bench.images(1, 50);
  bench.end(1);
  bench.run(Millis(8'000));
  bench.images(1, 10, 2);
  bench.end(2);
  const Millis last = bench.now - kStart;
  bench.run(Millis(2'000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].evidence == Evidence::count);
  CHECK(bench.completed[0].at - last <= Millis(400));
}

TEST_CASE("a count that lies or is missing leaves the quiet period") {
  Bench bench(settings(true));
  SECTION("fewer than received") {
    bench.pacs = [](std::int64_t) { return 3; };
  }
  SECTION("unknown study") {
    bench.pacs = [](std::int64_t) { return 0; };
  }
  SECTION("no answer") {}
  SECTION("an answer that never comes") { bench.pacs_latency = Millis(1'000'000); }
  bench.images(1, 50);
  bench.end(1);
  bench.run(Millis(40'000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].reason == "quiet for 10 s (50 images)");
  CHECK(bench.completed[0].at == Millis(10'000));
  CHECK(bench.asks.size() <= 4);
}

TEST_CASE("objects that are no images and results of ours belong to the count of the PACS") {
  Bench bench(settings(true));
  bench.pacs = [](std::int64_t) { return 12; };
  SECTION("a report came with the images") {
    bench.images(1, 11);
    bench.assembler.received(1, Object::other, 1, bench.now);
  }
  SECTION("our SEG and SR are in the PACS when late images come") {
    bench.assembler.open(1, {.images = 9, .own_results = 2}, bench.now);
    bench.image(1);
  }
  bench.end(1);
  bench.run(Millis(2'000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].evidence == Evidence::count);
}

TEST_CASE("without a query peer contiguous geometry completes a study after its associations ended") {
  Bench bench(settings(false));
  bench.whole = Wholeness::contiguous;
  bench.images(1, 40, 1);
  bench.images(1, 40, 2);
  bench.end(1);
  bench.run(Millis(5'000));
  CHECK(bench.completed.empty());  // the second association still carries it
  CHECK(bench.examinations == 0);
  bench.end(2);
  bench.run(Millis(5'000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].reason == "geometry contiguous (80 images)");
  CHECK(bench.completed[0].at == Millis(7'000));
  CHECK(bench.examinations == 1);
  CHECK(bench.asks.empty());
}

TEST_CASE("evidence by content: a table") {
  struct Row {
    Wholeness whole;
    Evidence evidence;
    Millis at;
  };
  const Row rows[] = {{Wholeness::contiguous, Evidence::geometry, Millis(2'000)},
                      {Wholeness::counted, Evidence::objects, Millis(2'000)},
                      {Wholeness::gaps, Evidence::quiet, Millis(10'000)},
                      {Wholeness::unknown, Evidence::quiet, Millis(10'000)}};
  for (const auto& row : rows) {
    Bench bench(settings(false));
    bench.whole = row.whole;
    bench.images(1, 40);
    bench.end(1);
    bench.run(Millis(60'000));
    REQUIRE(bench.completed.size() == 1);
    CHECK(bench.completed[0].evidence == row.evidence);
    CHECK(bench.completed[0].at == row.at);
  }
}

TEST_CASE("a sender that uses one association after the other is not cut between them") {
  Bench bench(settings(false));
  bench.whole = Wholeness::contiguous;
  for (std::uint64_t association = 1; association <= 30; ++association) {
    bench.images(1, 4, association);
    bench.end(association);
    bench.run(Millis(900));
  }
  CHECK(bench.completed.empty());
  CHECK(bench.examinations == 0);  // headers are looked at once it pauses
  bench.run(Millis(3'000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].reason == "geometry contiguous (120 images)");
}

TEST_CASE("images that come again show that the sender is still at it") {
  Bench bench(settings(false));
  bench.whole = Wholeness::contiguous;
  bench.images(1, 50, 1);
  bench.end(1);
  for (int i = 0; i < 20; ++i) {  // sends the study again from the start
    bench.run(Millis(1'500));
    bench.assembler.received(1, Object::duplicate, 2, bench.now);
  }
  CHECK(bench.completed.empty());
  bench.end(2);
  bench.run(Millis(3'000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].reason == "geometry contiguous (50 images)");
}

TEST_CASE("an open association makes the quiet period longer") {
  Bench bench(settings(false));
  bench.images(1, 5);
  bench.run(Millis(29'000));
  CHECK(bench.completed.empty());
  bench.run(Millis(2'000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].at == Millis(30'000));
}

TEST_CASE("an association that ended before its last commit was recorded does not stay open") {
  Bench bench(settings(false));
  bench.image(1, 7);
  bench.end(7);
  bench.image(1, 7);
  bench.run(Millis(11'000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].at == Millis(10'000));
}

TEST_CASE("the maximum age completes a study that never rests") {
  Bench bench(settings(false));
  for (int i = 0; i < 400 && bench.completed.empty(); ++i) {
    bench.image(1);
    bench.run(Millis(5'000));
  }
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].evidence == Evidence::age);
  CHECK(bench.completed[0].at == Millis(1'800'000));
  CHECK_THAT(bench.completed[0].reason, Catch::StartsWith("maximum age of 1800 s reached ("));
}

TEST_CASE("the study that was quiet longest ends when too many are open") {
  auto s = settings(false);
  s.open_studies_max = 3;
  Bench bench(s);
  for (std::int64_t study = 1; study <= 5; ++study) {
    bench.image(study);
    bench.run(Millis(10));
  }
  REQUIRE(bench.completed.size() == 2);
  CHECK(bench.completed[0].study == 1);
  CHECK(bench.completed[1].study == 2);
  CHECK(bench.completed[0].reason == "more than 3 studies open (1 image)");
  CHECK(bench.assembler.open_studies() == 3);
}

TEST_CASE("for studies found open at start the quiet period begins anew, the age does not") {
  Bench bench(settings(false));
  bench.whole = Wholeness::contiguous;  // but the sender may have been cut off by our restart
  bench.assembler.open(1, {.images = 40, .age = Millis(4'000)}, bench.now);
  bench.assembler.open(2, {.images = 40, .age = Millis(86'400'000)}, bench.now);
  bench.assembler.open(3, {.images = 40, .age = Millis(-50'000)}, bench.now);  // clock set back
  bench.run(Millis(3'000));
  REQUIRE(bench.completed.size() == 1);
  CHECK(bench.completed[0].study == 2);
  CHECK(bench.completed[0].evidence == Evidence::age);
  bench.image(3, 5);  // the sender of one comes again
  bench.end(5);
  bench.run(Millis(2'100));
  REQUIRE(bench.completed.size() == 2);
  CHECK(bench.completed[1].study == 3);
  CHECK(bench.completed[1].evidence == Evidence::geometry);
  bench.run(Millis(20'000));
  REQUIRE(bench.completed.size() == 3);
  CHECK(bench.completed[2].at == Millis(10'000));
}

TEST_CASE("a prefix that a cut association left behind waits for the quiet period") {
  Bench bench(settings(false));
  bench.whole = Wholeness::contiguous;
  bench.images(1, 30);
  bench.end(1, false);
  SECTION("nobody comes again") {
    bench.run(Millis(9'000));
    CHECK(bench.completed.empty());
    bench.run(Millis(2'000));
    REQUIRE(bench.completed.size() == 1);
  }
  SECTION("a commit is recorded after the cut") {
    bench.image(1, 1);
    bench.run(Millis(9'000));
    CHECK(bench.completed.empty());
  }
  SECTION("the rest comes on another association") {
    bench.images(1, 10, 2);
    bench.end(2);
    bench.run(Millis(2'500));
    REQUIRE(bench.completed.size() == 1);
    CHECK(bench.completed[0].evidence == Evidence::geometry);
  }
}

TEST_CASE("a completion that could not be recorded is asked for again") {
  Assembler assembler(settings(false));
  assembler.open(1, {.images = 1}, kStart);
  const SteadyTime later = kStart + Millis(10'000);
  REQUIRE(assembler.due(later).size() == 2);  // examine, complete
  CHECK(assembler.due(later + Millis(50'000)).empty());
  assembler.postponed(1, later + Millis(60'000));
  CHECK(assembler.next_deadline() == later + Millis(60'000));
  CHECK(assembler.due(later + Millis(59'999)).empty());
  const auto actions = assembler.due(later + Millis(60'000));
  REQUIRE(actions.size() == 1);
  CHECK(actions[0].kind == Kind::complete);
}

TEST_CASE("interleaved and shuffled studies complete once each, as if sent one by one") {
  std::mt19937 random(20261125);
  constexpr int kStudies = 50, kImages = 20, kAssociations = 4;
  std::vector<std::pair<std::int64_t, std::uint64_t>> sends;
  for (int study = 1; study <= kStudies; ++study)
    for (int i = 0; i < kImages; ++i)
      sends.emplace_back(study, static_cast<std::uint64_t>(study * kAssociations + i % kAssociations));
  std::shuffle(sends.begin(), sends.end(), random);
  Bench bench(settings(true));
  bench.pacs = [](std::int64_t) { return kImages; };
  std::map<std::uint64_t, int> left;
  for (const auto& [study, association] : sends) ++left[association];
  for (const auto& [study, association] : sends) {
    bench.image(study, association);
    if (--left[association] == 0) bench.end(association);
    bench.run(Millis(5));
  }
  bench.run(Millis(5'000));
  std::set<std::int64_t> studies;
  for (const auto& each : bench.completed) {
    CHECK(each.reason == "count reported by PACS (20 of 20)");
    studies.insert(each.study);
  }
  CHECK(bench.completed.size() == kStudies);
  CHECK(studies.size() == kStudies);
  CHECK_FALSE(bench.assembler.next_deadline().has_value());
}
