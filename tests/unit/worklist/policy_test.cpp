// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/policy.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <tuple>

namespace inferad::worklist {

namespace {

using std::chrono::minutes;

WaitingStudy study(std::int64_t id, Level level, int arrival_minutes) {
  return {id, level, WallTime(minutes(arrival_minutes)), "1.2." + std::to_string(id)};
}

std::vector<WaitingStudy> random_list(std::mt19937& random, std::size_t size) {
  std::vector<WaitingStudy> list;
  for (std::size_t i = 0; i < size; ++i) {
    list.push_back(
        study(static_cast<std::int64_t>(i), static_cast<Level>(random() % 4), static_cast<int>(random() % 300)));
  }
  return list;
}

std::vector<std::int64_t> by_arrival(std::vector<WaitingStudy> list) {
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return std::tie(a.arrival, a.study_uid) < std::tie(b.arrival, b.study_uid);
  });
  std::vector<std::int64_t> ids;
  for (const auto& one : list) ids.push_back(one.id);
  return ids;
}

std::vector<std::int64_t> ids(const std::vector<WaitingStudy>& list, const PolicySettings& settings,
                              std::optional<int> starts) {
  std::vector<std::int64_t> out;
  for (const auto& place : reading_order(list, settings, starts)) out.push_back(place.id);
  return out;
}

std::size_t place_of(const std::vector<std::int64_t>& order, std::int64_t id) {
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), id) - order.begin());
}

}  // namespace

TEST_CASE("without positives, or with nothing but positives, the order is first come, first served") {
  std::mt19937 random(7);
  for (const Level level : {Level::stat, Level::high, Level::routine, Level::low}) {
    for (const std::optional<int> starts : {std::optional<int>(), std::optional<int>(0), std::optional<int>(8)}) {
      auto list = random_list(random, 60);
      for (auto& one : list) one.level = level;
      CHECK(ids(list, {}, starts) == by_arrival(list));
    }
  }
}

TEST_CASE("the earliest deadline is read first") {
  const std::vector<WaitingStudy> list = {study(1, Level::low, 0), study(2, Level::routine, 100),
                                          study(3, Level::high, 350), study(4, Level::stat, 400)};
  // Deadlines: 480, 340, 470, 400.
  CHECK(ids(list, {}, std::nullopt) == std::vector<std::int64_t>{2, 4, 3, 1});
}

TEST_CASE("equal deadlines go by arrival, then by study UID") {
  const std::vector<WaitingStudy> list = {study(3, Level::high, 120), study(2, Level::routine, 0),
                                          study(1, Level::routine, 0)};
  CHECK(ids(list, {}, 8) == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("STAT goes before overdue studies except once in k") {
  PolicySettings settings;
  settings.reserve = 4;
  std::vector<WaitingStudy> list;
  for (int i = 0; i < 10; ++i) list.push_back(study(i, Level::stat, 1000 + i));
  for (int i = 0; i < 2; ++i) list.push_back(study(100 + i, Level::low, i));
  CHECK(ids(list, settings, 0) == std::vector<std::int64_t>{0, 1, 2, 100, 3, 4, 5, 101, 6, 7, 8, 9});
  CHECK(ids(list, settings, 2) == std::vector<std::int64_t>{0, 100, 1, 2, 3, 101, 4, 5, 6, 7, 8, 9});
  CHECK(ids(list, settings, 4) == std::vector<std::int64_t>{100, 0, 1, 2, 101, 3, 4, 5, 6, 7, 8, 9});
  CHECK(ids(list, settings, std::nullopt) == std::vector<std::int64_t>{100, 101, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("every row says which part of the rule put it there") {
  PolicySettings settings;
  settings.reserve = 3;
  const std::vector<WaitingStudy> list = {study(1, Level::low, 0), study(2, Level::stat, 900),
                                          study(3, Level::stat, 901), study(4, Level::stat, 902)};
  std::vector<Turn> turns;
  for (const auto& place : reading_order(list, settings, 0)) turns.push_back(place.turn);
  CHECK(turns == std::vector<Turn>{Turn::reserve, Turn::reserve, Turn::exception, Turn::deadline});
}

TEST_CASE("a reader's own choice counts: another level before waiting STAT uses the exception up") {
  Policy policy({}, 8);
  policy.started(Level::routine, false);
  CHECK(policy.stat_starts() == 8);
  policy.started(Level::stat, true);
  CHECK(policy.stat_starts() == 9);
  policy.started(Level::routine, true);
  CHECK(policy.stat_starts() == 0);
  Policy without({}, std::nullopt);
  without.started(Level::stat, true);
  CHECK_FALSE(without.stat_starts());
}

TEST_CASE("a study that is not overdue never uses the reserve") {
  const std::vector<WaitingStudy> list = {study(1, Level::high, 0), study(2, Level::stat, 100),
                                          study(3, Level::stat, 101)};
  CHECK(ids(list, {}, 8) == std::vector<std::int64_t>{2, 3, 1});
}

TEST_CASE("the list shown is the rule applied to what remains") {
  std::mt19937 random(11);
  const PolicySettings settings;
  for (int round = 0; round < 50; ++round) {
    auto list = random_list(random, 30);
    int starts = static_cast<int>(random() % 9);
    const auto shown = ids(list, settings, starts);
    for (const auto id : shown) {
      const auto next = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.id == id; });
      REQUIRE(ids(list, settings, starts).front() == id);
      const bool stat_waits =
          std::any_of(list.begin(), list.end(), [](const auto& o) { return o.level == Level::stat; });
      if (next->level == Level::stat) ++starts;
      if (next->level != Level::stat && stat_waits) starts = 0;
      list.erase(next);
    }
  }
}

TEST_CASE("the order depends on the studies, not on how they are listed") {
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    auto list = random_list(random, 40);
    const auto order = ids(list, {}, 3);
    std::shuffle(list.begin(), list.end(), random);
    CHECK(ids(list, {}, 3) == order);
  }
}

TEST_CASE("raising a study never moves it back") {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    auto list = random_list(random, 25);
    const std::size_t at = random() % list.size();
    if (list[at].level == Level::stat) continue;
    const std::optional<int> starts = round % 2 ? std::optional<int>(static_cast<int>(random() % 9)) : std::nullopt;
    const auto before = place_of(ids(list, {}, starts), list[at].id);
    list[at].level = static_cast<Level>(static_cast<int>(list[at].level) - 1);
    CHECK(place_of(ids(list, {}, starts), list[at].id) <= before);
  }
}

TEST_CASE("nothing starves: STAT studies without end let every overdue study through") {
  const PolicySettings settings;
  std::vector<WaitingStudy> list;
  for (int i = 0; i < 20; ++i) list.push_back(study(1000 + i, Level::low, i));
  int starts = 0;
  int readings = 0;
  std::int64_t next_stat = 1;
  // Each reading takes a minute, and in each minute one more STAT study comes: without the reserve, LOW waits for ever.
  for (int minute = 500; std::any_of(list.begin(), list.end(), [](const auto& o) { return o.level == Level::low; });
       ++minute) {
    REQUIRE(++readings <= 20 * settings.reserve);
    list.push_back(study(next_stat++, Level::stat, minute));
    const auto id = ids(list, settings, starts).front();
    const auto next = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.id == id; });
    starts = next->level == Level::stat ? starts + 1 : 0;
    list.erase(next);
  }
  CHECK(readings == 20 * settings.reserve);
}

}  // namespace inferad::worklist
