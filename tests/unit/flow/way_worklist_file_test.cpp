// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/flow/ways_bench.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;

TEST_CASE("a worklist file is asked for with the level, the site's words and what an entry needs") {
  WaysBench bench;
  config::WorklistFolder folder;
  folder.name = "mwl";
  folder.folder = "/worklists";
  folder.words[0] = "EMERGENCY";
  bench.settings.notices.worklist_folders.push_back(folder);
  const auto study = bench.queue(sample_notice());
  const auto courier = bench.courier();
  bench.files.outcome = Error{Errc::unavailable, "/worklists is no folder"};
  courier->round(bench.now, {});
  CHECK(bench.only_delivery(study).state == DeliveryState::waiting);
  bench.files.outcome = WorklistOutcome::created;
  courier->round(bench.now + std::chrono::minutes(1), {});
  CHECK(bench.only_delivery(study).state == DeliveryState::delivered);
  REQUIRE(bench.files.raises.size() == 2);
  const auto& raise = bench.files.raises[1];
  CHECK(raise.folder == "/worklists");
  CHECK(raise.level == Level::stat);
  CHECK(raise.words[0] == "EMERGENCY");
  CHECK(raise.file.starts_with("inferad-"));
  CHECK(attribute(raise.study, "PatientName") == "Äsop^Jürgen");
  CHECK(raise.file == bench.files.raises[0].file);
}
