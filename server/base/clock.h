// SPDX-License-Identifier: Apache-2.0
// Two clocks, never mixed: WallTime goes into the ledger, logs and DICOM tags; SteadyTime drives every timer, so that
// a clock jump of a day moves no deadline. Deciders take `now` as an argument; only edges call wall_now()/steady_now().
#pragma once

#include <chrono>
#include <string>

#include "server/base/result.h"

namespace inferad {

using Millis = std::chrono::milliseconds;
using WallTime = std::chrono::sys_time<Millis>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Millis>;

WallTime wall_now();
SteadyTime steady_now();

std::string to_iso8601(WallTime time);                 // 2026-11-24T08:30:00.123Z
Result<WallTime> from_iso8601(std::string_view text);  // accepts what to_iso8601 writes
inline std::int64_t to_unix_ms(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime from_unix_ms(std::int64_t ms) { return WallTime(Millis(ms)); }

}  // namespace inferad
