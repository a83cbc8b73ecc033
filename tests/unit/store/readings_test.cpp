// SPDX-License-Identifier: Apache-2.0
// Reading starts and what the reading order counts of them.
#include <map>
#include <set>

#include "server/store/sqlite.h"
#include "tests/unit/store/store_support.h"

namespace inferad::store {

namespace {

constexpr int kReserve = 8;

// A ledger with studies 1.1, 1.2, … that arrive a minute apart, some of them STAT by their order.
struct List {
  List() : ledger(open_ledger(folder / "ledger.db")) {}

  std::int64_t add(int number, const std::string& priority) {
    auto image = ct_image(number, 1, fmt::format("1.{}", number), fmt::format("1.{}.1", number));
    image.header.attributes["RequestedProcedurePriority"] = priority;
    image.received_at = at(60 * number);
    return ledger->record_instances(std::vector{image})->at(0).study_id;
  }
  void start(std::int64_t study, int seconds) { REQUIRE(ledger->start_reading(study, "AB", at(seconds))); }
  std::optional<int> n(int seconds = 10'000) { return *ledger->stat_starts(kReserve, at(seconds)); }

  TempFolder folder;
  std::unique_ptr<Ledger> ledger;
};

}  // namespace

TEST_CASE("n counts STAT starts since another level last went before waiting STAT, and survives a restart") {
  List list;
  std::vector<std::int64_t> stat, low;
  for (int i = 1; i <= 5; ++i) stat.push_back(list.add(i, "STAT"));
  for (int i = 6; i <= 8; ++i) low.push_back(list.add(i, "LOW"));
  CHECK_FALSE(list.n());
  list.start(stat[0], 1000);
  CHECK(list.n() == kReserve + 1);
  list.start(low[0], 1001);  // STAT waits: the exception
  CHECK(list.n() == 0);
  list.start(stat[1], 1002);
  list.start(stat[2], 1003);
  CHECK(list.n() == 2);
  list.ledger.reset();
  list.ledger = open_ledger(list.folder / "ledger.db");
  CHECK(list.n() == 2);
  list.start(stat[3], 1004);
  list.start(stat[4], 1005);
  list.start(low[1], 1006);  // no STAT waits: no exception
  CHECK(list.n() == 4);
}

TEST_CASE("a released start never was, and its study waits again") {
  List list;
  const auto stat = list.add(1, "STAT"), low = list.add(2, "LOW");
  list.start(low, 1000);
  CHECK(list.n() == 0);
  CHECK(list.ledger->start_reading(low, "", at(1001)).error().code == Errc::refused);
  REQUIRE(list.ledger->release_reading(low, at(1002)));
  CHECK(list.ledger->release_reading(low, at(1003)).error().code == Errc::refused);
  CHECK_FALSE(list.n());
  list.start(stat, 1004);
  CHECK(list.n() == kReserve + 1);
  list.start(low, 1005);
  const auto entry = must(list.ledger->study_detail(low))->entry;
  CHECK(entry.reading_by == "AB");
  CHECK(entry.reading_started_at == at(1005));
  CHECK(list.ledger->start_reading(99, "", at(1)).error().code == Errc::not_found);
  CHECK(list.ledger->release_reading(99, at(1)).error().code == Errc::not_found);
}

TEST_CASE("a study whose report is final leaves the list, keeps its page, and comes back when that is withdrawn") {
  List list;
  const auto stat = list.add(1, "STAT"), low = list.add(2, "LOW");
  REQUIRE(list.ledger->finish_reading(stat, "UPS completed by READ1", at(1000)));
  REQUIRE(list.ledger->finish_reading(stat, "HL7 ORU^R01", at(1001)));  // said twice: the first stays
  const auto entries = must(list.ledger->worklist());
  REQUIRE(entries.size() == 1);
  CHECK(entries.front().id == low);
  const auto detail = must(list.ledger->study_detail(stat));
  REQUIRE(detail);
  CHECK(detail->entry.reading_finished_at == at(1000));
  CHECK(detail->entry.reading_finished_by == "UPS completed by READ1");
  CHECK(detail->history.back().what == "reading finished: UPS completed by READ1");
  CHECK(list.ledger->start_reading(stat, "AB", at(1002)).error().code == Errc::refused);
  list.start(low, 1003);  // the finished STAT study does not wait: no exception
  CHECK(list.n() == kReserve);
  CHECK(list.ledger->release_reading(stat, at(1004)).error().code == Errc::refused);
  REQUIRE(list.ledger->reopen_reading(stat, "HL7 ORU^R01", at(1005)));
  CHECK(list.ledger->reopen_reading(stat, "", at(1006)).error().code == Errc::refused);
  CHECK(must(list.ledger->worklist()).size() == 2);
  list.start(stat, 1007);
  CHECK(list.ledger->finish_reading(99, "", at(1)).error().code == Errc::not_found);
}

TEST_CASE("after the final report a finding raises the study on its page and tells nobody") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  const auto study = complete_study(*ledger);
  const auto job = must(ledger->lease_job(at(110)));
  REQUIRE(ledger->finish_reading(study, "HL7 ORU^R01", at(115)));
  NewDelivery message;
  message.destination = "engine", message.kind = "HL7", message.message = "MSH|";
  CHECK_FALSE(
      must(ledger->record_findings(job->id, "{}", decision(Level::stat, "found"), std::vector{message}, at(120))));
  CHECK(must(ledger->study_detail(study))->entry.level == Level::stat);
  CHECK(must(ledger->deliveries()).empty());
}

TEST_CASE("when studies are more than the list holds, who waits stays on it before who is being read") {
  List list;
  const auto old = list.add(1, "ROUTINE"), next = list.add(2, "LOW"), latest = list.add(3, "STAT");
  const auto listed = [&](int most) {
    std::set<std::int64_t> ids;
    for (const auto& entry : must(list.ledger->worklist(most))) ids.insert(entry.id);
    return ids;
  };
  CHECK(listed(2) == std::set{next, latest});
  CHECK(must(list.ledger->unlisted(2)) == 1);
  list.start(latest, 1000);
  CHECK(must(list.ledger->unlisted(2)) == 0);  // of those that wait
  CHECK(listed(2) == std::set{old, next});
  CHECK(listed(3) == std::set{old, next, latest});
  must(list.ledger->release_reading(latest, at(1100)));
  must(list.ledger->finish_reading(next, "HL7 ORU^R01", at(1200)));
  CHECK(listed(3) == std::set{old, latest});
}

TEST_CASE("a ledger of version 12 knows who waits, who is being read and whose report is final") {
  List list;
  const auto waiting = list.add(1, "HIGH"), released = list.add(2, "HIGH"), started = list.add(3, "HIGH"),
             finished = list.add(4, "HIGH");
  for (const auto study : {released, started, finished}) list.start(study, 1000);
  must(list.ledger->release_reading(released, at(1100)));
  must(list.ledger->finish_reading(finished, "HL7 ORU^R01", at(1100)));
  list.ledger.reset();
  const auto file = list.folder / "ledger.db";
  must(must(Database::open(file))
           ->script("DROP TRIGGER reading_starts; DROP TRIGGER reading_released; DROP TRIGGER reading_finishes;"
                    "DROP TRIGGER reading_reopens; DROP VIEW reading_now; DROP INDEX study_reading;"
                    "ALTER TABLE study DROP COLUMN reading; ALTER TABLE job DROP COLUMN run; PRAGMA user_version=12"));
  list.ledger = open_ledger(file);
  std::map<std::int64_t, bool> listed;
  for (const auto& entry : must(list.ledger->worklist())) listed[entry.id] = entry.reading_started_at.has_value();
  CHECK(listed == std::map<std::int64_t, bool>{{waiting, false}, {released, false}, {started, true}});
}

TEST_CASE("a list that nobody kept for a week has no n") {
  List list;
  list.start(list.add(1, "STAT"), 1000);
  CHECK(list.n(1000 + 6 * 86'400));
  CHECK_FALSE(list.n(1000 + 8 * 86'400));
}

TEST_CASE("the log of readings is by arrival, without patients") {
  List list;
  const auto first = list.add(1, "LOW"), second = list.add(2, "STAT");
  list.add(3, "HIGH");
  list.start(second, 1000);
  list.start(first, 1100);
  const auto log = must(list.ledger->readings(at(0)));
  REQUIRE(log.size() == 2);
  CHECK(log[0].arrived_at == at(60));
  CHECK(log[0].started_at == at(1100));
  CHECK(log[0].order_level == Level::low);
  CHECK(log[1].level == Level::stat);
  CHECK_FALSE(log[1].raised_at);
  CHECK(must(list.ledger->readings(at(1050))).size() == 1);
}

}  // namespace inferad::store
