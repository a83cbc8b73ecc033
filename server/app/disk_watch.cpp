// SPDX-License-Identifier: Apache-2.0
#include "server/app/disk_watch.h"

#include "server/base/doorbell.h"
#include "server/base/log.h"

namespace inferad::app {

DiskWatch::DiskWatch(std::int64_t watermark, std::function<std::int64_t()> free_bytes, std::function<void(bool)> refuse,
                     Millis period)
    : thread_([floor = DiskFloor(watermark), free_bytes = std::move(free_bytes), refuse = std::move(refuse),
               period](const std::stop_token& stop) mutable {
        Doorbell never;
        bool refusing = false;
        for (; !stop.stop_requested(); never.wait(never.ticket(), stop, period)) {
          const auto free = free_bytes();
          if (floor.refusing(free) == refusing) continue;
          refusing = !refusing;
          if (refusing) {
            log::error("disk_at_floor", {{"free_bytes", free}});
          } else {
            log::info("disk_has_room_again", {{"free_bytes", free}});
          }
          refuse(refusing);
        }
      }) {}

}  // namespace inferad::app
