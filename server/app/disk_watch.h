// SPDX-License-Identifier: Apache-2.0
// The hard floor of the disk: looks at the free space and says when the node has to stop taking associations. Below the
// watermark (storage.free_bytes_min) the intake answers objects with A700, and what is left is for results and the
// ledger; below half of it whole associations are rejected (transient), until the watermark is passed again, so that a
// disk at the floor does not change its mind with each object.
#pragma once

#include <cstdint>
#include <functional>
#include <thread>

#include "server/base/clock.h"

namespace inferad::app {

class DiskFloor {
 public:
  explicit DiskFloor(std::int64_t watermark) : watermark_(watermark) {}
  // Whether to refuse, with so much free.
  bool refusing(std::int64_t free_bytes) {
    refusing_ = free_bytes < (refusing_ ? watermark_ : watermark_ / 2);
    return refusing_;
  }

 private:
  const std::int64_t watermark_;
  bool refusing_ = false;
};

// Asks `free_bytes` every `period` on a thread of its own and calls `refuse` there when the answer changes.
class DiskWatch {
 public:
  DiskWatch(std::int64_t watermark, std::function<std::int64_t()> free_bytes, std::function<void(bool)> refuse,
            Millis period = Millis(1000));
  ~DiskWatch() = default;  // `refuse` is not called any more

 private:
  std::jthread thread_;
};

}  // namespace inferad::app
