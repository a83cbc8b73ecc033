// SPDX-License-Identifier: Apache-2.0
// Prints what each way says of sample notices, for notices_check.py: a line of JSON {"kind", "message"} each.
#include <iostream>
#include <nlohmann/json.hpp>

#include "server/flow/way.h"
#include "tests/unit/flow/sample_notice.h"

int main() {
  using namespace inferad;
  config::Settings settings;
  settings.notices.webhooks.resize(1);
  settings.notices.fhir.resize(2);
  settings.notices.fhir[1].accession_system = "urn:oid:1.2.3";
  settings.notices.fhir[1].patient_system = "urn:oid:1.2.4";
  settings.notices.fhir[1].high = "urgent";
  settings.hl7.resize(1);
  for (const auto level : {Level::stat, Level::high}) {
    auto notice = flow::testing::sample_notice(level);
    for (const bool known : {true, false}) {
      if (!known) notice.study.clear();
      if (level == Level::stat)  // two orders of the RIS
        notice.orders = {{"P1", "F1", "A1", "P1^RIS", "F1", "71250^CT chest"},
                         {"P2", "F2", "A2", "P2^RIS", "F2", "74150^CT abdomen"}};
      for (const auto& each : flow::messages_about(notice, flow::ways_of(settings)))
        std::cout << nlohmann::json{{"kind", each.kind}, {"message", each.message}} << '\n';
    }
  }
}
