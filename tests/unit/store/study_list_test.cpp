// SPDX-License-Identifier: Apache-2.0
// Ledger::listed(): after whatever is written it is what a fresh read gives, and what did not change is the same
// object.
#include <algorithm>
#include <regex>

#include "server/store/criticals.h"
#include "server/store/study_list.h"
#include "server/store/worklist_view.h"
#include "tests/unit/store/store_support.h"

namespace inferad::store {
namespace {

struct Watched {
  TempFolder folder;
  std::unique_ptr<Ledger> ledger = open_ledger(folder / "ledger.db");
  CriticalLedger criticals{*ledger};
  int spool = 0, second = 1000;

  // Compares with a fresh read.
  std::shared_ptr<const StudiesOnList> look() {
    auto list = must(ledger->listed());
    auto fresh = must(ledger->worklist());
    std::sort(fresh.begin(), fresh.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    REQUIRE(list->size() == fresh.size());
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      INFO("study " << fresh[i].id);
      REQUIRE(*(*list)[i] == fresh[i]);
    }
    return list;
  }
  std::int64_t add(const std::string& study, const std::string& accession = "") {
    ++spool;
    auto image = ct_image(spool, spool, study, study + ".1");
    image.header.attributes["AccessionNumber"] = accession;
    return must(ledger->record_instances(std::vector{image})).front().study_id;
  }
  void complete(std::int64_t study) {
    StudyComplete complete;
    complete.study_id = study;
    complete.rule = "all";
    complete.jobs = {{"lung", "[]"}};
    must(ledger->complete_study(complete, at(++second)));
  }
};

}  // namespace

TEST_CASE("a list is the same object until something of it changes, and each entry until that does") {
  Watched w;
  CHECK(w.look()->empty());
  const auto first = w.add("1.1"), second = w.add("1.2");
  const auto list = w.look();
  CHECK(w.look() == list);
  w.complete(first);
  const auto next = w.look();
  CHECK(next != list);
  CHECK((*next)[0] != (*list)[0]);
  CHECK((*next)[1] == (*list)[1]);
  const auto job = leased(*w.ledger, ++w.second).id;
  const auto running = w.look();
  w.ledger->set_progress(job, "infer", 0.5);  // in no table
  CHECK((*w.look())[0]->progress == 0.5);
  CHECK((*w.look())[1] == (*list)[1]);
  must(w.ledger->return_job(job));
  CHECK((*w.look())[0]->ai_state == AiState::pending);
  must(w.ledger->start_reading(second, "AB", at(++w.second)));
  CHECK((*w.look())[1]->reading_by == "AB");
  must(w.ledger->finish_reading(first, "HL7 ORU^R01", at(++w.second)));
  CHECK(w.look()->size() == 1);
  must(w.ledger->reopen_reading(first, "HL7 ORU^R01", at(++w.second)));
  CHECK(w.look()->size() == 2);
}

TEST_CASE("orders, criticals, held raises and new images are seen in the list at once") {
  Watched w;
  const auto study = w.add("1.1", "A1");
  w.add("1.2", "A2");
  w.look();
  OrderNews news;
  news.numbers.accession = "A1";
  news.numbers.placer = "P1";
  news.patient_ids = {"4711"};
  news.location = "ED 1";
  must(w.ledger->take_orders({"RIS|", "1", "d"}, std::vector{news}, at(900)));
  CHECK((*w.look())[0]->patient_location == "ED 1");
  news.location = "ICU 2";
  news.cancelled = true;
  must(w.ledger->take_orders({"RIS|", "2", "d"}, std::vector{news}, at(901)));
  CHECK((*w.look())[0]->order_note == "order cancelled");
  w.complete(study);
  const auto job = leased(*w.ledger, ++w.second).id;
  must(w.ledger->record_findings(job, "{}", decision(Level::stat, "a finding"), {}, at(910), "", true));
  CHECK((*w.look())[0]->critical_since);
  must(w.criticals.escalate(job, 1, "told again", {}, at(911)));
  CHECK((*w.look())[0]->critical_steps == 1);
  must(w.criticals.acknowledge(study, "AB", at(912)));
  CHECK((*w.look())[0]->acknowledged_by == "AB");
  must(w.ledger->finish_job(job, AiState::done, "", {}, at(913)));
  w.look();
  w.add("1.1");
  CHECK((*w.look())[0]->instances == 2);
  const auto other = w.add("1.2");
  w.complete(other);
  const auto held = leased(*w.ledger, ++w.second).id;
  must(w.ledger->record_findings(held, "{}", decision(Level::stat, "a finding"), {}, at(914), "too many"));
  CHECK((*w.look())[1]->ai_reason.find("not raised") == 0);
  must(w.ledger->fail_job(held, "ended twice", at(915)));
  w.look();
  must(w.ledger->retry_job(held, at(916)));
  w.look();
}

TEST_CASE("a write that fails changes nothing in the list, and hides nothing") {
  Watched w;
  const auto study = w.add("1.1");
  w.look();
  CHECK_FALSE(w.ledger->start_reading(999, "", at(900)));  // rolled back
  w.look();
  must(w.ledger->start_reading(study, "AB", at(901)));
  CHECK((*w.look())[0]->reading_by == "AB");
}

TEST_CASE("every table that an entry is read from is watched") {
  TempFolder folder;
  { open_ledger(folder / "ledger.db"); }
  std::vector<std::string> unwatched;
  auto db = must(Database::open(folder / "ledger.db"));
  must(db->each("SELECT name FROM sqlite_master WHERE type = 'table'",
                [&](Row& row) { row >> unwatched.emplace_back(); }));
  REQUIRE(unwatched.size() > 15);
  for (const auto table : watched_tables()) std::erase(unwatched, std::string(table));
  for (const auto& table : unwatched) {
    const std::regex word("\\b" + table + "\\b");
    for (const auto sql : worklist_statements()) {
      INFO(table << " in " << sql);
      CHECK_FALSE(std::regex_search(std::string(sql), word));
    }
  }
}

TEST_CASE("many studies at once are seen too") {
  Watched w;
  w.add("1.1");
  w.look();
  std::vector<ReceivedInstance> images;
  for (int i = 2; i < 400; ++i) images.push_back(ct_image(i, i, fmt::format("1.{}", i), fmt::format("1.{}.1", i)));
  must(w.ledger->record_instances(images));
  CHECK(w.look()->size() == 399);
}

}  // namespace inferad::store
