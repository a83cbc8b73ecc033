// SPDX-License-Identifier: Apache-2.0
#include "server/base/clock.h"

#include <catch2/catch.hpp>

namespace inferad {
namespace {

TEST_CASE("a time is written in UTC with milliseconds and read back the same") {
  CHECK(to_iso8601(from_unix_ms(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(to_iso8601(from_unix_ms(1'790'000'000'123)) == "2026-09-21T14:13:20.123Z");
  CHECK(to_iso8601(from_unix_ms(1'709'209'799'999)) == "2024-02-29T12:29:59.999Z");  // leap day
  CHECK(to_iso8601(from_unix_ms(-1)) == "1969-12-31T23:59:59.999Z");
  for (const std::int64_t ms : {-1LL, 0LL, 1LL, 999LL, 1'790'000'000'123LL}) {
    const auto read = from_iso8601(to_iso8601(from_unix_ms(ms)));
    REQUIRE(read);
    CHECK(to_unix_ms(*read) == ms);
  }
}

TEST_CASE("text that is no time of ours is refused") {
  for (const char* text : {"", "2026-11-24", "2026-11-24T08:30:00Z", "2026-11-24T08:30:00.123", "yesterday",
                           "2026-11-24T08:30:00.123Z and more"})
    CHECK(from_iso8601(text).error().code == Errc::invalid_input);
}

TEST_CASE("the steady clock does not go back") {
  const auto before = steady_now();
  CHECK(steady_now() >= before);
}

}  // namespace
}  // namespace inferad
