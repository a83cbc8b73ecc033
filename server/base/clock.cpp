// SPDX-License-Identifier: Apache-2.0
#include "server/base/clock.h"

#include <fmt/chrono.h>
#include <time.h>

#include <cstdio>

namespace inferad {

WallTime wall_now() { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }
SteadyTime steady_now() { return std::chrono::floor<Millis>(std::chrono::steady_clock::now()); }

std::string to_iso8601(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t whole = seconds.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", parts, (time - seconds).count());
}

Result<WallTime> from_iso8601(std::string_view text) {
  const std::string copy(text);
  std::tm parts{};
  int ms = 0, used = 0;
  const int fields = std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &parts.tm_year, &parts.tm_mon,
                                 &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &ms, &used);
  if (fields != 7 || used != static_cast<int>(copy.size()))
    return Error{Errc::invalid_input, "not a time of the form 2026-11-24T08:30:00.123Z"};
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return WallTime(std::chrono::seconds(timegm(&parts))) + Millis(ms);
}

}  // namespace inferad
