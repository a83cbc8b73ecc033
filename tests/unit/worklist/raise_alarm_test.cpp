// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/raise_alarm.h"

#include <catch2/catch.hpp>

namespace inferad::worklist {

TEST_CASE("a pipeline that raises too much is held until it raises clearly less") {
  const RaiseAlarm alarm{100, 0.5, 0.3};
  CHECK_FALSE(holds(false, 50, 100, alarm));
  CHECK(holds(false, 51, 100, alarm));
  CHECK(holds(true, 40, 100, alarm));  // between the limits it stays as it is
  CHECK_FALSE(holds(false, 40, 100, alarm));
  CHECK(holds(true, 30, 100, alarm));
  CHECK_FALSE(holds(true, 29, 100, alarm));
}

TEST_CASE("few results start no hold, and without an alarm there is none") {
  CHECK_FALSE(holds(false, 99, 99, {100, 0.5, 0.3}));
  CHECK_FALSE(holds(true, 1000, 1000, {0, 0.5, 0.3}));
}

}  // namespace inferad::worklist
