// SPDX-License-Identifier: Apache-2.0
#include "server/flow/explain.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/unit/flow/made_study.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;

namespace {

config::Routing shipped() {
  Problems problems;
  return config::read_routing(SOURCE_FOLDER "/config/routing.json", "", problems);
}

InstanceHeader header(const std::string& study, const std::string& series, int number) {
  InstanceHeader h;
  h.study_uid = study;
  h.series_uid = series;
  h.instance_uid = fmt::format("{}.{}", series, number);
  h.sop_class_uid = kCtImageStorage;
  h.modality = "CT";
  return h;
}

}  // namespace

TEST_CASE("explain says of each rule why it did or did not match, condition by condition") {
  const auto coronal = made_series({.uid = "1.2.3.2", .orientation = kCoronal});
  const auto text = explain(shipped(), made_study({made_series({}), coronal}));
  INFO(text);
  CHECK_THAT(text, Catch::Contains("rule \"CT chest\": takes the study"));
  CHECK_THAT(text, Catch::Contains("yes Modality is CT   [CT]"));
  CHECK_THAT(text, Catch::Contains("1. series 1: CT"));
  CHECK_THAT(text, Catch::Contains("because the rule asks that orientation is axial (found: coronal)"));
  CHECK_THAT(text, Catch::Contains("rule \"CT other\": would match, but rule \"CT chest\" came first"));
  CHECK_THAT(text, Catch::Contains("no  Modality is MR   [CT]"));
  CHECK_THAT(text, Catch::Contains("result: ct-lung-density (rule \"CT chest\")"));
}

TEST_CASE("explain says why nothing runs") {
  const auto text = explain(shipped(), made_study({made_series({.modality = "MR"})}));
  CHECK_THAT(text, Catch::Contains("rule \"MR\": takes the study"));
  CHECK_THAT(text, Catch::Contains("result: not analysed: no model is installed"));
}

TEST_CASE("header values cannot steer the terminal of explain") {
  SeriesSpec spec{};
  spec.attributes["SeriesDescription"] = "evil \x1b[2J\r\n";
  CHECK(explain(shipped(), made_study({made_series(spec)})).find('\x1b') == std::string::npos);
}

TEST_CASE("headers of files become studies as the node would see them") {
  auto report = header("1.1", "1.1.9", 1);
  report.sop_class_uid = "1.2.840.10008.5.1.4.1.1.88.33";
  auto ours = header("1.1", "1.1.8", 1);
  ours.made_by_us = true;
  const std::vector headers{header("1.1", "1.1.1", 1),
                            header("1.2", "1.2.1", 1),
                            header("1.1", "1.1.1", 2),
                            header("1.1", "1.1.2", 1),
                            header("1.1", "1.1.1", 2),
                            report,
                            ours};
  const auto studies = studies_of(headers, "SOME_AE");
  REQUIRE(studies.size() == 2);
  CHECK(studies[0].calling_ae == "SOME_AE");
  REQUIRE(studies[0].series.size() == 2);
  REQUIRE(studies[0].series[0].instances.size() == 2);
  CHECK(studies[0].series[0].instances[1].spool_id == 3);
  CHECK(studies[1].series.size() == 1);
}
