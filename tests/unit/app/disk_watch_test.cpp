// SPDX-License-Identifier: Apache-2.0
#include "server/app/disk_watch.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <vector>

namespace inferad::app {

TEST_CASE("associations are refused below half of the watermark, and taken again above the watermark") {
  DiskFloor floor(1000);
  CHECK_FALSE(floor.refusing(1500));
  CHECK_FALSE(floor.refusing(999));  // objects get A700, associations go on
  CHECK_FALSE(floor.refusing(500));
  CHECK(floor.refusing(499));
  CHECK(floor.refusing(0));
  CHECK(floor.refusing(999));
  CHECK_FALSE(floor.refusing(1000));
  CHECK_FALSE(floor.refusing(600));
}

TEST_CASE("without a watermark nothing is refused") {
  DiskFloor floor(0);
  CHECK_FALSE(floor.refusing(0));
}

TEST_CASE("the watch tells each change once, and nothing after its end") {
  std::atomic<std::int64_t> free = 2000;
  std::mutex mutex;
  std::vector<bool> told;
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return told.size();
  };
  const auto wait_for = [&](std::size_t changes) {
    for (int i = 0; i < 5'000 && count() < changes; ++i) std::this_thread::sleep_for(Millis(2));
    std::this_thread::sleep_for(Millis(20));
  };
  {
    const DiskWatch watch(
        1000, [&] { return free.load(); },
        [&](bool refuse) {
          const std::lock_guard lock(mutex);
          told.push_back(refuse);
        },
        Millis(1));
    wait_for(0);
    free = 100;
    wait_for(1);
    free = 1200;
    wait_for(2);
  }
  free = 100;
  std::this_thread::sleep_for(Millis(20));
  CHECK(told == std::vector<bool>{true, false});
}

}  // namespace inferad::app
