// SPDX-License-Identifier: Apache-2.0
#include "server/app/restart_settings.h"

#include <catch2/catch.hpp>

namespace inferad::app {

TEST_CASE("a reload names each setting that needs a restart, and takes over the rest") {
  const config::Settings at_start;
  auto next = at_start;
  next.log_level = log::Level::debug;
  next.worklist.reserve = 5;
  CHECK(keep_until_restart(next, at_start).empty());
  CHECK(next.worklist.reserve == 5);
  CHECK(next.log_level == log::Level::debug);

  next.dicom.port = 104;
  next.worklist.alarm_share = 0.9;
  next.notices.critical.acknowledge_within = std::chrono::minutes(5);
  CHECK(keep_until_restart(next, at_start) == "dicom, worklist.alarm_share, critical");
  CHECK(next.dicom == at_start.dicom);
  CHECK(next.worklist.alarm_share == at_start.worklist.alarm_share);
  CHECK(next.notices == at_start.notices);
  CHECK(next.worklist.reserve == 5);
}

}  // namespace inferad::app
