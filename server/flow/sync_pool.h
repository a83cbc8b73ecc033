// SPDX-License-Identifier: Apache-2.0
// A few threads that wait for the disk, so that the syncs of different associations overlap. Work is never refused: its
// amount is bounded by the open associations, one object each. The destructor finishes what was given.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace inferad::flow {

class SyncPool {
 public:
  explicit SyncPool(int threads);
  ~SyncPool();
  SyncPool(const SyncPool&) = delete;
  SyncPool& operator=(const SyncPool&) = delete;

  void post(std::function<void()> work);  // thread-safe; not after the destructor began, except from work itself

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;  // by mutex_
  bool stopping_ = false;                   // by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace inferad::flow
