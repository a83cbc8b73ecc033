// SPDX-License-Identifier: Apache-2.0
#include "server/base/doorbell.h"

#include <catch2/catch.hpp>
#include <thread>

#include "server/base/clock.h"

namespace inferad {
namespace {

using namespace std::chrono_literals;

constexpr auto kNever = 60s;  // a wait that lasts so long has missed its ring

template <class Work>
Millis time_of(Work work) {
  const auto start = steady_now();
  work();
  return steady_now() - start;
}

TEST_CASE("a ring between the look and the wait is not lost") {
  Doorbell bell;
  const auto ticket = bell.ticket();
  bell.ring();
  CHECK(time_of([&] { bell.wait(ticket, {}, kNever); }) < 30s);
}

TEST_CASE("a ring and a stop request each end a wait") {
  Doorbell bell;
  std::stop_source stop;
  const auto waited = [&](auto interrupt) {
    return time_of([&] {
      std::jthread other([&] { std::this_thread::sleep_for(20ms), interrupt(); });
      bell.wait(bell.ticket(), stop.get_token(), kNever);
    });
  };
  const auto by_ring = waited([&] { bell.ring(); });
  CHECK(by_ring < 30s);
  const auto by_stop = waited([&] { stop.request_stop(); });
  CHECK(by_stop < 30s);
}

TEST_CASE("without a ring the wait ends in time") {
  Doorbell bell;
  const auto waited = time_of([&] { bell.wait(bell.ticket(), {}, 30ms); });
  CHECK(waited >= 29ms);
  CHECK(waited < 30s);
}

}  // namespace
}  // namespace inferad
