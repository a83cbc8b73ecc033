// SPDX-License-Identifier: Apache-2.0
// One reading that started, as the ledger recorded it. No patient data.
#pragma once

#include <cstdint>
#include <optional>

#include "server/base/clock.h"
#include "server/core/priority.h"

namespace inferad {

struct ReadingRecord {
  WallTime arrived_at{}, started_at{};
  Level order_level = Level::routine, level = Level::routine;
  std::optional<WallTime> raised_at;  // when the AI's decision was there; nullopt: it raised nothing
  std::int64_t study_id = 0;          // of the ledger; not told to anybody
};

}  // namespace inferad
