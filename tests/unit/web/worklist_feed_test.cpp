// SPDX-License-Identifier: Apache-2.0
#include "server/web/worklist_feed.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "tests/unit/web/still_node.h"

namespace inferad::web {

namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int64_t>;

const WallTime kNow = from_unix_ms(1'795'597'260'000);

std::shared_ptr<const WorklistEntry> entry(std::int64_t id, const std::string& name = "Doe^Jane") {
  auto one = sample_entry();
  one.id = id;
  one.patient_name = name;
  return std::make_shared<const WorklistEntry>(one);
}

StudiesOnList entries(const Ids& ids) {
  StudiesOnList out;
  for (const auto id : ids) out.push_back(entry(id));
  return out;
}

struct Asked {
  explicit Asked(const std::string& run = "run") : feed(run) {}
  Json ask(const StudiesOnList& list, const std::string& since = "", WallTime now = kNow) {
    auto all = std::make_shared<ReadingList>();
    all->entries = list;
    all->waiting = list.size();
    const auto read = [&] { return Result<std::shared_ptr<const ReadingList>>(all); };
    return Json::parse(feed.answer(read, since, now).value());
  }
  WorklistFeed feed;
};

// A page that keeps its list by the changes.
struct Page {
  Ids order;
  std::map<std::int64_t, Json> of;
  std::string revision;

  void take(const Json& told) {
    revision = told["revision"];
    if (told.contains("entries")) {
      order.clear(), of.clear();
      for (auto one : told["entries"]) {
        one.erase("position"), one.erase("deadline_at");
        order.push_back(one["id"]);
        of[order.back()] = one;
      }
      return;
    }
    std::set<std::int64_t> away = told["gone"].get<std::set<std::int64_t>>();
    for (const auto& placed : told["placed"]) away.insert(placed[0].get<std::int64_t>());
    std::erase_if(order, [&](auto id) { return away.count(id) != 0; });
    for (const auto& placed : told["placed"])
      order.insert(order.begin() + placed[1].get<std::ptrdiff_t>(), placed[0].get<std::int64_t>());
    for (const auto& id : told["gone"]) of.erase(id.get<std::int64_t>());
    for (const auto& one : told["changed"]) of[one["id"]] = one;
    CHECK(told["total"] == order.size());
  }
};

}  // namespace

TEST_CASE("without a revision the whole list is told, each study with place and deadline") {
  Asked asked;
  const auto told = asked.ask(entries({3, 1}));
  CHECK(told["revision"] == "run-1");
  REQUIRE(told["entries"].size() == 2);
  CHECK(told["entries"][0]["id"] == 3);
  CHECK(told["entries"][0]["position"] == 1);
  CHECK(told["entries"][1]["position"] == 2);
  CHECK(told["entries"][0]["deadline_at"] == told["entries"][0]["arrived_at"]);
  CHECK(asked.ask({})["entries"].empty());
}

TEST_CASE("with a revision only what changed since is told, whatever the time") {
  Asked asked;
  auto list = entries({1, 2, 3, 4});
  asked.ask(list);
  auto told = asked.ask(list, "run-1", kNow + std::chrono::hours(1));
  CHECK(told["revision"] == "run-1");
  CHECK((told["changed"].empty() && told["placed"].empty() && told["gone"].empty()));
  CHECK_FALSE(told.contains("entries"));

  told = asked.ask(entries({1, 2, 3, 4}), "run-1");  // read anew, and the same
  CHECK((told["revision"] == "run-1" && told["changed"].empty()));

  list[1] = entry(2, "Roe^Richard");
  told = asked.ask(list, "run-1");
  CHECK(told["revision"] == "run-2");
  REQUIRE(told["changed"].size() == 1);
  CHECK(told["changed"][0]["patient_name"] == "Roe^Richard");
  CHECK_FALSE(told["changed"][0].contains("position"));
  CHECK(told["placed"].empty());

  std::rotate(list.begin(), list.end() - 1, list.end());  // the last is read first now
  told = asked.ask(list, "run-2");
  CHECK(told["changed"].empty());
  CHECK(told["placed"] == Json::parse("[[4, 0]]"));
  CHECK(told["waiting"] == 4);

  list.erase(list.begin() + 1);
  told = asked.ask(list, "run-3");
  CHECK(told["gone"] == Json::parse("[1]"));
  CHECK((told["placed"].empty() && told["changed"].empty()));

  list.push_back(entry(1));  // it comes back
  told = asked.ask(list, "run-3");
  CHECK(told["gone"].empty());
  CHECK(told["placed"] == Json::parse("[[1, 3]]"));
  CHECK(told["changed"].size() == 1);
}

TEST_CASE("who asks with a revision of another run, or an unknown one, is told the whole") {
  Asked asked, restarted("other");
  const auto list = entries({1, 2});
  asked.ask(list);
  restarted.ask(list);
  for (const char* since :
       {"other-1", "run-2", "run-", "run-x", "run-1x", "run--1", "run-99999999999999999999", "1", "-1"}) {
    INFO(since);
    CHECK(asked.ask(list, since).contains("entries"));
  }
  CHECK_FALSE(asked.ask(list, "run-1").contains("entries"));
  CHECK(restarted.ask(list, "run-1").contains("entries"));
}

TEST_CASE("what is gone is remembered for so long; who asks for longer is told the whole") {
  Asked asked;
  StudiesOnList list;
  for (std::int64_t id = 1; id <= 12'000; ++id) list.push_back(entry(id));
  asked.ask(list);
  list.resize(11'999);
  asked.ask(list);
  CHECK(asked.ask(list, "run-1")["gone"].size() == 1);
  list.resize(1);
  const auto told = asked.ask(list, "run-1");
  CHECK(told.contains("entries"));
  CHECK(told["entries"].size() == 1);
}

TEST_CASE("an error of the ledger is the answer, and the next one is right") {
  WorklistFeed feed("run");
  const auto fails = [] { return Result<std::shared_ptr<const ReadingList>>(Error{Errc::io, "disk I/O error"}); };
  CHECK(feed.answer(fails, "", kNow).error().code == Errc::io);
  const auto empty = [] { return Result<std::shared_ptr<const ReadingList>>(std::make_shared<const ReadingList>()); };
  CHECK(Json::parse(feed.answer(empty, "", kNow).value())["entries"].empty());
}

// Pages that ask at different times, over a list that changes in every way.
TEST_CASE("pages that take only the changes have the list of those that read it whole") {
  std::mt19937 random(20261129);
  const auto under = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  Asked asked;
  std::vector<Page> pages(3);
  auto list = entries({1, 2, 3, 4, 5, 6, 7, 8});
  std::int64_t next = 100;
  for (int step = 0; step < 600; ++step) {
    for (std::size_t changes = under(4); changes > 0; --changes) {
      const auto what = under(5);
      if (what == 0 || list.size() < 4)
        list.insert(list.begin() + static_cast<std::ptrdiff_t>(under(list.size() + 1)), entry(++next));
      if (what == 1 && list.size() > 4) list.erase(list.begin() + static_cast<std::ptrdiff_t>(under(list.size())));
      if (what == 2) std::swap(list[under(list.size())], list[under(list.size())]);
      if (what == 3) std::reverse(list.begin() + static_cast<std::ptrdiff_t>(under(list.size())), list.end());
      if (what == 4) {
        auto& one = list[under(list.size())];
        one = entry(one->id, "Name^" + std::to_string(step));
      }
    }
    auto& page = pages[under(4) == 0 ? under(3) : 0];  // two of them ask seldom
    page.take(asked.ask(list, page.revision));
    Page whole;
    whole.take(asked.ask(list));
    REQUIRE(page.order == whole.order);
    REQUIRE(page.of == whole.of);
    REQUIRE(page.revision == whole.revision);
  }
}

}  // namespace inferad::web
