// SPDX-License-Identifier: Apache-2.0
// A critical finding that nobody acknowledges is told on, step by step, until somebody does.
//
// Operation: one thread. What waits, since when, and which steps were made stands in the ledger, so a restart neither
// forgets a deadline nor makes a step twice; several that are overdue are made one after the other.
#pragma once

#include <optional>
#include <thread>

#include "server/config/settings.h"
#include "server/flow/events.h"
#include "server/flow/way.h"
#include "server/store/criticals.h"
#include "server/telemetry/metrics.h"

namespace inferad::flow {

// When the next step of a finding is due; nullopt: there is none (nobody to tell again). Pure.
std::optional<WallTime> next_step_at(const store::CriticalFinding& finding, const config::CriticalSettings& settings);

class Escalation {
 public:
  struct Parts {  // all outlive it
    store::Ledger& ledger;
    Bells& bells;
    Metrics& metrics;
    StudyChanged changed;
  };
  Escalation(Parts parts, const config::Settings& settings);

  void start();  // once; does nothing when the settings ask for no acknowledgement
  // Makes one step of each finding that is due; true when there was any. For the thread and tests.
  bool round(WallTime now);

 private:
  void run(const std::stop_token& stop);
  bool make_step(const store::CriticalFinding& finding, WallTime now);  // false: not made

  const Parts parts_;
  const config::CriticalSettings settings_;
  const Ways ways_;
  std::jthread thread_;  // last: ends first
};

}  // namespace inferad::flow
