// SPDX-License-Identifier: Apache-2.0
// The table of evidence, made on a thread of its own, since months of studies take seconds and whoever asks (pages,
// metrics) must not wait that long. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "server/app/evidence_cases.h"
#include "server/core/evidence.h"

namespace inferad::app {

class EvidenceSource {
 public:
  explicit EvidenceSource(store::Ledger& ledger);
  ~EvidenceSource();

  static constexpr std::chrono::seconds kFresh{60};
  static constexpr Millis kPatience{100};
  // The latest table, made anew in the background when it is older than kFresh. unavailable: the first one is not ready
  // within `patience`; ask again.
  Result<Evidence> evidence(int days, int group_min, Millis patience = kPatience);

 private:
  using Wish = std::pair<int, int>;  // days, group_min
  void run(const std::stop_token& stop);
  Result<Evidence> make(const Wish& wish);

  EvidenceCases cases_;  // of the thread
  std::mutex mutex_;     // guards what follows
  std::condition_variable_any changed_;
  std::set<Wish> wishes_;
  struct Made {
    SteadyTime at{};
    Result<Evidence> evidence;
  };
  std::map<Wish, Made> made_;
  std::jthread thread_;  // last: ends before the rest goes
};

}  // namespace inferad::app
