// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/position.h"

#include <catch2/catch.hpp>

namespace inferad::worklist {

using std::chrono::minutes;

TEST_CASE("why a study stands where it does: level and source, target, deadline, reserve") {
  const WallTime arrival(minutes(1000));
  Position raised{2, 41, Level::routine, Level::high, "Emphysema: LAA-950 31 %", arrival, arrival + minutes(120)};
  auto text = why(raised, {}, true, arrival + minutes(50));
  CHECK(text ==
        "2 of 41. HIGH, raised by AI from ROUTINE of its order: Emphysema: LAA-950 31 %. waits 50 min of a target of "
        "120 min, 70 min left. Order: earliest deadline of those that remain.");
  text = why(raised, {}, true, arrival + minutes(150));
  CHECK(text.find("30 min overdue") != std::string::npos);
  raised.turn = Turn::exception;
  CHECK(why(raised, {}, true, arrival).find("one in 8 goes before waiting STAT (exception)") != std::string::npos);

  const Position stat{1, 3, Level::stat, Level::stat, "", arrival, arrival, Turn::reserve};
  text = why(stat, {}, true, arrival + minutes(5));
  CHECK(text.find("STAT by its order. waits 5 min; target: at once") != std::string::npos);
  CHECK(text.find("(reserve)") != std::string::npos);
  CHECK(text.find("No reading start") == std::string::npos);
  CHECK(why(stat, {}, false, arrival).find("No reading start is recorded: plain earliest deadline") !=
        std::string::npos);
}

}  // namespace inferad::worklist
