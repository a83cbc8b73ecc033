// SPDX-License-Identifier: Apache-2.0
#include "server/evidence/exposition.h"

#include <catch2/catch.hpp>

#include "server/evidence/statistics.h"

namespace inferad::evidence {

TEST_CASE("metrics have what is known of a version as a whole, nothing of groups, and no sample of what is unknown") {
  Evidence evidence;
  auto& row = evidence.rows.emplace_back();
  row.pipeline = "ct-head";
  row.version = "1.0.0";
  row.studies = 40;
  row.asked = proportion(10, 40);
  row.positives = wait_evidence({{5, 45, 0}});
  auto& finding = row.findings.emplace_back();
  finding.finding = "Clot \"fresh\"";
  finding.agreement = proportion(3, 4);
  evidence.rows.push_back(row);
  evidence.rows.back().by = Grouping::sex;
  evidence.rows.back().group = "F";
  const auto text = exposition(evidence);
  const auto has = [&](const std::string& part) { return text.find(part) != std::string::npos; };
  CHECK(
      has("# TYPE inferad_evidence_studies gauge\ninferad_evidence_studies{pipeline=\"ct-head\",version=\"1.0.0\"} "
          "40\n# HELP"));
  CHECK(has("inferad_evidence_asked_ratio{pipeline=\"ct-head\",version=\"1.0.0\"} 0.25\n"));
  CHECK(has("inferad_evidence_gained_seconds{pipeline=\"ct-head\",version=\"1.0.0\",result=\"raised\"} 2400\n"));
  CHECK_FALSE(has("result=\"nothing_asked\""));
  CHECK(
      has("inferad_evidence_agreement_ratio{pipeline=\"ct-head\",version=\"1.0.0\",finding=\"Clot \\\"fresh\\\"\"} "
          "0.75\n"));
  CHECK_FALSE(has("sensitivity"));
  CHECK_FALSE(has("ppv"));
  CHECK(exposition({}).empty());
}

}  // namespace inferad::evidence
