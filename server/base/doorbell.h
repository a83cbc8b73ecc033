// SPDX-License-Identifier: Apache-2.0
// Wakes a stage that waits for work. Truth is in the ledger; a bell only shortens the wait, so a lost ring costs time,
// never work. Usage: auto t = bell.ticket(); if (nothing_to_do) bell.wait(t, stop, 5s);
// Taking the ticket before looking means that a ring between look and wait is not lost. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace inferad {

class Doorbell {
 public:
  std::uint64_t ticket() const {
    std::lock_guard lock(mutex_);
    return rings_;
  }
  void ring() {
    {
      std::lock_guard lock(mutex_);
      ++rings_;
    }
    changed_.notify_all();
  }
  // Returns at once when the bell rang after `ticket`; else on a ring, a stop request, or after `at_most`.
  void wait(std::uint64_t ticket, const std::stop_token& stop, std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, at_most, [&] { return rings_ != ticket; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t rings_ = 0;
};

}  // namespace inferad
