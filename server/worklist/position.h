// SPDX-License-Identifier: Apache-2.0
// Why a study stands where it does, in words for a reader: level and where it came from, target and deadline, and
// whether the reserve or the exception decided. Pure; the caller gives the clock. The text holds the AI's reason, no
// name or number of a patient.
#pragma once

#include <string>

#include "server/worklist/policy.h"

namespace inferad::worklist {

struct Position {
  int place = 1, waiting = 1;  // 1 is read next, of so many
  Level order_level = Level::routine, level = Level::routine;
  std::string raised_because;  // the AI's reason when level is more urgent than order_level
  WallTime arrival{}, deadline{};
  Turn turn = Turn::deadline;
};

// `starts_recorded`: the list knows when readings start; without, the reserve does not work and the text says so.
std::string why(const Position& position, const PolicySettings& settings, bool starts_recorded, WallTime now);

}  // namespace inferad::worklist
