// SPDX-License-Identifier: Apache-2.0
// A study that several orders asked for: each way raises every one of them.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "server/core/ups.h"
#include "tests/unit/flow/ways_bench.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;
using nlohmann::json;

namespace {

// The images bear the numbers of the first.
Notice notice_of_three() {
  auto notice = sample_notice();
  notice.study["FillerOrderNumberImagingServiceRequest"] = "F1";
  notice.study["StudyID"] = "RP1";
  notice.study["AccessionNumber"] = "A1";
  notice.orders = {{"P1", "F1", "A1", "P1^RIS", "F1", "71250^CT chest"},
                   {"P1", "F2", "A1", "P1^RIS", "F2", "74150^CT abdomen"},
                   {"P3", "", "A3", "P3^RIS", "", "72192^CT pelvis"}};
  return notice;
}

std::vector<std::string> said(const config::Settings& settings, const Notice& notice) {
  std::vector<std::string> out;
  for (auto& each : messages_about(notice, ways_of(settings))) out.push_back(std::move(each.message));
  return out;
}

}  // namespace

TEST_CASE("HL7: a message for each order, under a control id of its own, with no number of another") {
  config::Settings settings;
  settings.hl7.resize(1);
  const auto texts = said(settings, notice_of_three());
  REQUIRE(texts.size() == 3);
  CHECK_THAT(texts[0], Catch::Contains("\rORC|XO|P1^RIS|F1|") && Catch::Contains("\rOBR|1|P1^RIS|F1|71250^CT chest|") &&
                           Catch::Contains("\rIPC|A1||1.2.3||CT"));
  CHECK_THAT(texts[1], Catch::Contains("\rORC|XO|P1^RIS|F2|") && Catch::Contains("|74150^CT abdomen|"));
  CHECK_THAT(texts[2], Catch::Contains("\rORC|XO|P3^RIS|||") && Catch::Contains("\rIPC|A3||1.2.3||CT"));
  CHECK_THAT(texts[2], !Catch::Contains("F1") && !Catch::Contains("RP1"));
  std::set<std::string> ids;
  for (const auto& each : texts) ids.insert(each.substr(each.find("|OMI^O23^OMI_O23|") + 17, 20));
  CHECK(ids.size() == 3);
  CHECK(said(settings, notice_of_three()) == texts);  // the same bytes when it is made again

  auto one = notice_of_three();
  one.orders.resize(1);
  one.orders[0].filler_field.clear();
  REQUIRE(said(settings, one).size() == 1);
  CHECK_THAT(said(settings, one)[0], Catch::Contains("\rORC|XO|P1^RIS|F1|") && Catch::Contains("\rIPC|A1|RP1|"));
}

TEST_CASE("FHIR: one task based on each order, or each order's own request") {
  config::Settings settings;
  settings.notices.fhir.resize(1);
  const auto tasks = said(settings, notice_of_three());
  REQUIRE(tasks.size() == 1);
  const auto based = json::parse(tasks[0])["basedOn"];
  REQUIRE(based.size() == 2);  // two accession numbers
  CHECK(based[1]["identifier"]["value"] == "A3");

  settings.notices.fhir[0].resource = config::FhirResource::service_request;
  const auto requests = said(settings, notice_of_three());
  REQUIRE(requests.size() == 2);
  CHECK(json::parse(requests[0])["accession"] == "A1");
  CHECK(json::parse(requests[1])["accession"] == "A3");
}

TEST_CASE("a worklist file is looked for by the number of each order, a UPS task asks for each") {
  config::Settings settings;
  settings.notices.worklist_folders.resize(1);
  CHECK(json::parse(said(settings, notice_of_three()).at(0))["accessions"] == json{"A1", "A3"});

  settings.notices.worklist_folders.clear();
  settings.peers.push_back({"tasks", "TASKS", {}, "127.0.0.1", 104, {config::PeerRole::ups}});
  settings.ups.resize(1);
  settings.ups[0].peer = "tasks";
  const auto task = must(data_set_from_json(said(settings, notice_of_three()).at(0)));
  const auto& requests = task.items(tag::referenced_request);
  REQUIRE(requests.size() == 3);
  CHECK(requests[1].text(tag::filler_order_number) == "F2");
  CHECK(requests[2].text(tag::accession_number) == "A3");
  CHECK(requests[2].text(tag::study_uid) == "1.2.3");
  CHECK(requests[2].text(tag::requested_procedure_id).empty());
}
