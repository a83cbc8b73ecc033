// SPDX-License-Identifier: Apache-2.0
// A fact that has happened must get into the ledger: tries again while the disk is full or failing, until it works, the
// error is another one, or the node stops (then the start finds what is missing).
#pragma once

#include <algorithm>
#include <stop_token>

#include "server/base/doorbell.h"
#include "server/base/log.h"
#include "server/base/result.h"

namespace inferad::flow {

template <class Write>
auto persist(const std::stop_token& stop, std::string_view event, Write write) -> decltype(write()) {
  std::chrono::milliseconds wait{200};
  while (true) {
    auto result = write();
    if (result.has_value() || stop.stop_requested()) return result;
    const Errc code = result.error().code;
    if (code != Errc::io && code != Errc::overload) return result;
    log::error(event, {{"error", result.error().what}});
    Doorbell never;
    never.wait(never.ticket(), stop, wait);
    wait = std::min(wait * 2, std::chrono::milliseconds(10'000));
  }
}

}  // namespace inferad::flow
