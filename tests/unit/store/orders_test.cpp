// SPDX-License-Identifier: Apache-2.0
// Orders of the RIS: each message once, joined with studies before or after their images, never across patients.
#include <algorithm>

#include "server/store/evidence.h"
#include "tests/unit/store/store_support.h"

namespace inferad::store {

namespace {

OrderNews order_for(const std::string& accession, std::optional<Level> level = {}) {
  OrderNews news;
  news.numbers = {"P" + accession, "F" + accession, accession, "P" + accession + "^RIS", "F" + accession, "71250^CT"};
  news.patient_ids = {"other-id", "4711"};
  news.location = "ED 12";
  news.level = level;
  news.source = "HL7 ORU^R01";
  return news;
}

struct Ris {
  Ris() : ledger(open_ledger(folder / "ledger.db")) {}

  std::int64_t image(int number, const std::string& accession, const std::string& priority = "") {
    auto received = ct_image(number, 1, fmt::format("1.{}", number), fmt::format("1.{}.1", number));
    received.header.attributes["AccessionNumber"] = accession;
    if (!priority.empty()) received.header.attributes["RequestedProcedurePriority"] = priority;
    return must(ledger->record_instances(std::vector{received})).at(0).study_id;
  }
  OrderEffect say(const OrderNews& news) {
    return must(ledger->take_orders({"RIS|", std::to_string(++messages), "d"}, std::vector{news}, at(500 + messages)));
  }
  WorklistEntry entry(std::int64_t study) { return must(ledger->study_detail(study))->entry; }
  bool on_list(std::int64_t study) {
    const auto list = must(ledger->worklist());
    return std::any_of(list.begin(), list.end(), [&](const auto& each) { return each.id == study; });
  }
  bool told(std::int64_t study, const std::string& what) {
    const auto history = must(ledger->study_detail(study))->history;
    return std::any_of(history.begin(), history.end(),
                       [&](const auto& event) { return event.what.find(what) != std::string::npos; });
  }

  TempFolder folder;
  std::unique_ptr<Ledger> ledger;
  int messages = 0;
};

}  // namespace

TEST_CASE("an order joins its study before and after the images, by accession number or Study UID") {
  Ris ris;
  const auto first = ris.image(1, "A1");
  CHECK(ris.say(order_for("A1", Level::high)).studies == std::vector{first});
  CHECK(ris.say(order_for("A2", Level::stat)).studies.empty());
  CHECK(must(ris.ledger->counts()).orders_waiting == 1);
  const auto second = ris.image(2, "A2");
  auto by_uid = order_for("A3", Level::low);
  by_uid.study_uid = "1.3";
  ris.say(by_uid);
  const auto third = ris.image(3, ""), stranger = ris.image(4, "A3");  // its number, but the order names another UID
  CHECK(ris.entry(first).order_level == Level::high);
  CHECK(ris.entry(second).level == Level::stat);
  CHECK(ris.entry(third).order_level == Level::low);
  CHECK(ris.entry(third).placer_order_number == "PA3");
  CHECK(ris.entry(third).patient_location == "ED 12");
  CHECK(ris.entry(stranger).filler_order_number.empty());
  CHECK(must(ris.ledger->counts()).orders_joined == 3);
  REQUIRE(must(ris.ledger->order_numbers(first)).size() == 1);
  CHECK(must(ris.ledger->order_numbers(first))[0].placer_field == "PA1^RIS");
  CHECK(must(ris.ledger->order_numbers(stranger)).empty());
}

TEST_CASE("each order of a study that waits to be read is named, the oldest first") {
  Ris ris;
  const auto study = ris.image(1, "A1");
  auto first = order_for("A1"), second = order_for("A1"), third = order_for("A2");
  second.numbers.filler = second.numbers.filler_field = "FA1-2";  // the same placer's order, another procedure
  third.study_uid = "1.1";
  for (const auto& each : {first, second, third}) ris.say(each);
  const auto fillers = [&] {
    std::vector<std::string> out;
    for (const auto& each : must(ris.ledger->order_numbers(study))) out.push_back(each.filler);
    return out;
  };
  CHECK(fillers() == std::vector<std::string>{"FA1", "FA1-2", "FA2"});
  second.reading = ReadingNews::finished;
  third.cancelled = true;
  ris.say(second);
  ris.say(third);
  CHECK(fillers() == std::vector<std::string>{"FA1"});
  CHECK(ris.on_list(study));
}

TEST_CASE("an order of another patient does not join, and the study says so") {
  Ris ris;
  const auto study = ris.image(1, "A1");
  auto news = order_for("A1", Level::stat);
  news.patient_ids = {"47110"};
  news.reading = ReadingNews::finished;
  ris.say(news);
  CHECK(ris.entry(study).level == Level::routine);
  CHECK(ris.on_list(study));
  CHECK(ris.entry(study).order_note.find("another patient") != std::string::npos);
  CHECK(must(ris.ledger->counts()).orders_mismatched == 1);
  auto corrected = order_for("A1");  // another order with this number, of the right patient
  ris.say(corrected);
  CHECK(ris.entry(study).level == Level::routine);
  CHECK(ris.entry(study).filler_order_number == "FA1");
}

TEST_CASE(
    "an order whose Study UID no images have does not join by its number, but raises the study, which says so, until "
    "it has its own") {
  Ris ris;
  auto news = order_for("A1", Level::stat);
  news.study_uid = "1.9";
  ris.say(news);
  const auto study = ris.image(1, "A1");
  auto other = news;
  other.patient_ids = {"47110"};
  other.numbers = {"P8", "F8", "A1", "P8", "F8", ""};
  CHECK(ris.entry(study).level == Level::stat);
  CHECK(ris.entry(study).order_note.find("another study: not joined") != std::string::npos);
  CHECK(ris.told(study, "another study: not joined"));
  CHECK(must(ris.ledger->counts()).orders_mismatched == 1);
  CHECK(must(ris.ledger->counts()).orders_waiting == 1);
  ris.say(other);  // of another patient: nothing to do with this study
  CHECK(must(ris.ledger->counts()).orders_mismatched == 1);
  auto before = order_for("A2", Level::stat);
  before.study_uid = "1.8";
  const auto second = ris.image(2, "A2");
  ris.say(before);
  CHECK_FALSE(ris.entry(second).order_note.empty());
  CHECK(ris.entry(second).level == Level::stat);
  before.reading = ReadingNews::finished;
  ris.say(before);
  CHECK(ris.on_list(second));
  CHECK(ris.entry(second).level == Level::routine);  // whatever was meant has been read
  before.reading = ReadingNews::none;
  before.level = Level::low;
  ris.say(before);
  CHECK(ris.entry(second).level == Level::routine);  // only raises
  const auto own = ris.image(9, "A1");
  CHECK(ris.entry(own).level == Level::stat);
  CHECK(ris.entry(study).order_note.empty());
  CHECK(ris.entry(study).level == Level::routine);
  CHECK(must(ris.ledger->counts()).orders_mismatched == 2);  // A2, and the other patient's of 1.9
}

TEST_CASE("the same message again changes nothing; the same control id with other words is another message") {
  Ris ris;
  const auto study = ris.image(1, "A1");
  const ReceivedMessage message{"RIS|", "7", "digest"};
  const std::vector news{order_for("A1", Level::high)};
  CHECK_FALSE(must(ris.ledger->take_orders(message, news, at(500))).repeated);
  const auto lines = must(ris.ledger->study_detail(study))->history.size();
  ris.ledger.reset();
  ris.ledger = open_ledger(ris.folder / "ledger.db");
  CHECK(must(ris.ledger->take_orders(message, news, at(501))).repeated);
  CHECK(must(ris.ledger->study_detail(study))->history.size() == lines);
  const std::vector other{order_for("A1", Level::stat)};
  CHECK_FALSE(must(ris.ledger->take_orders({"RIS|", "7", "other"}, other, at(502))).repeated);
  CHECK_FALSE(must(ris.ledger->take_orders({"RIS2|", "7", "digest"}, news, at(503))).repeated);
}

TEST_CASE("what a final report says of findings is told of its study, also when the study comes later") {
  Ris ris;
  const auto stated = [&] {
    std::string out;
    for (const auto& each : must(EvidenceLedger(*ris.ledger).statements(at(0))))
      out += fmt::format("{}:{}={} ", each.study_id, each.finding, each.present);
    return out;
  };
  const auto report = [](const std::string& accession, std::vector<FindingStatement> statements,
                         ReadingNews reading = ReadingNews::finished) {
    auto news = order_for(accession);
    news.reading = reading;
    news.statements = std::move(statements);
    return news;
  };
  const auto first = ris.image(1, "A1");
  ris.say(report("A1", {{"bleed", true}, {"fracture", false}, {"shift", std::nullopt}}));
  ris.say(report("A2", {{"bleed", false}}));
  CHECK(stated() == "1:bleed=true 1:fracture=false ");
  ris.ledger.reset();
  ris.ledger = open_ledger(ris.folder / "ledger.db");
  const auto second = ris.image(2, "A2");
  CHECK(stated() == "1:bleed=true 1:fracture=false 2:bleed=false ");
  CHECK(ris.told(second, "the report says: bleed absent (HL7 ORU^R01)"));
  ris.say(report("A1", {{"bleed", false}, {"fracture", std::nullopt}}, ReadingNews::corrected));
  CHECK(stated() == "1:bleed=false 2:bleed=false ");
  CHECK(ris.told(first, "the report no longer says whether there is: fracture (HL7 ORU^R01)"));
  const std::vector<ReportStatement> others{{0, "shift", true}};
  REQUIRE(EvidenceLedger(*ris.ledger).record_statements(first, others, "engine", at(900)));
  ris.say(report("A1", {}, ReadingNews::withdrawn));
  CHECK(stated() == "1:shift=true 2:bleed=false ");  // another source's word stays
  auto stranger = report("A2", {{"bleed", true}});
  stranger.numbers.filler = stranger.numbers.placer = "9";
  stranger.patient_ids = {"47110"};
  ris.say(stranger);
  CHECK(stated() == "1:shift=true 2:bleed=false ");  // of another patient
}

TEST_CASE("an order says what was ordered: a change may lower that, never what AI raised") {
  Ris ris;
  const auto study = ris.image(1, "A1", "STAT");
  ris.say(order_for("A1", Level::high));
  CHECK(ris.entry(study).level == Level::stat);  // the images say more than the first order
  ris.say(order_for("A1", Level::routine));
  CHECK(ris.entry(study).level == Level::routine);  // the site changed its word
  CHECK(ris.told(study, "changed from HIGH to ROUTINE"));
  ris.say(order_for("A1"));  // says nothing about it
  CHECK(ris.entry(study).order_level == Level::routine);
}

TEST_CASE("the echo of our own raise leaves what was ordered") {
  Ris ris;
  const auto study = complete_study(*ris.ledger);
  auto news = order_for("", Level::routine);
  news.study_uid = "1.2.3";
  ris.say(news);
  const auto job = must(ris.ledger->lease_job(at(110)));
  must(ris.ledger->record_findings(job->id, "{}", decision(Level::high, "found"), {}, at(120)));
  news.level = Level::high;
  ris.say(news);
  CHECK(ris.entry(study).order_level == Level::routine);
  CHECK(ris.entry(study).level == Level::high);
  news.level = Level::stat;
  ris.say(news);
  CHECK(ris.entry(study).order_level == Level::stat);
  news.level = Level::low;
  ris.say(news);
  CHECK(ris.entry(study).level == Level::high);
}

TEST_CASE("a final report takes the study off the list, a withdrawn one puts it back") {
  Ris ris;
  const auto study = ris.image(1, "A1");
  auto report = order_for("A1");
  report.reading = ReadingNews::finished;
  ris.say(report);
  CHECK_FALSE(ris.on_list(study));
  CHECK(ris.entry(study).reading_finished_by == "HL7 ORU^R01");
  report.reading = ReadingNews::corrected;
  ris.say(report);
  CHECK_FALSE(ris.on_list(study));
  CHECK(ris.told(study, "the report was corrected"));
  report.reading = ReadingNews::withdrawn;
  ris.say(report);
  CHECK(ris.on_list(study));
  report.reading = ReadingNews::finished;
  report.numbers = {"", "", "A2", "", "", ""};
  ris.say(report);  // of a study whose images come later
  CHECK_FALSE(ris.on_list(ris.image(2, "A2")));
}

TEST_CASE("a study of two orders is read when both reports are final; a cancelled order needs none") {
  Ris ris;
  const auto study = ris.image(1, "A1");
  auto chest = order_for("A1"), abdomen = order_for("A1"), pelvis = order_for("A1");
  abdomen.numbers.filler = "F2", abdomen.numbers.placer = "P2";
  pelvis.numbers.filler = "F3", pelvis.numbers.placer = "P3";
  for (const auto& news : {chest, abdomen, pelvis}) ris.say(news);
  chest.reading = abdomen.reading = ReadingNews::finished;
  ris.say(chest);
  ris.say(abdomen);
  CHECK(ris.on_list(study));
  pelvis.cancelled = true;
  ris.say(pelvis);
  CHECK_FALSE(ris.on_list(study));
}

TEST_CASE("a cancelled order takes nobody off the list") {
  Ris ris;
  auto news = order_for("A1", Level::stat);
  news.cancelled = true;
  ris.say(news);
  const auto study = ris.image(1, "A1");
  CHECK(ris.on_list(study));
  CHECK(ris.entry(study).level == Level::stat);
  CHECK(ris.entry(study).order_note == "order cancelled");
}

TEST_CASE("reading starts once by the order's status, also when the images come later") {
  Ris ris;
  const auto study = ris.image(1, "A1");
  auto news = order_for("A1");
  news.reading = ReadingNews::started;
  ris.say(news);
  CHECK(ris.entry(study).reading_started_at);
  must(ris.ledger->release_reading(study, at(900)));
  ris.say(news);  // a later message that repeats the status is no second start
  CHECK_FALSE(ris.entry(study).reading_started_at);
  news = order_for("A2");
  news.reading = ReadingNews::started;
  ris.say(news);
  CHECK(ris.entry(ris.image(2, "A2")).reading_started_at);
}

}  // namespace inferad::store
