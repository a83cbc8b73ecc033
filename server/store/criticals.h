// SPDX-License-Identifier: Apache-2.0
// Findings that somebody has to acknowledge. Starting to read the study after the finding, or its final report,
// acknowledges it, too; when that is taken back, it waits again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/store/ledger.h"

namespace inferad::store {

struct CriticalFinding {
  JobLease job;  // whose it is; without what only running it needs
  PriorityDecision decision;
  WallTime since{};  // deadlines count from here
  int steps = 0;     // of the escalation, made so far
  std::optional<WallTime> last_step_at;
};

struct CriticalCounts {
  int waiting = 0, escalated = 0;     // of those that wait: with at least one step
  std::optional<WallTime> oldest_at;  // of those that wait
  std::int64_t acknowledged = 0;      // since the ledger began
  Millis acknowledge_time{0};         // theirs, summed up
  int pipelines_held = 0;             // whose raises are held (worklist/raise_alarm.h)
};

// Over a ledger, which outlives it; durable, thread-safe and with the errors of one.
class CriticalLedger {
 public:
  explicit CriticalLedger(Ledger& ledger) : ledger_(ledger) {}

  Result<std::vector<CriticalFinding>> open();  // those that nobody has acknowledged, oldest first
  // Step number `step`, from 1, of a job's finding, with what is sent. `what`: for the history. refused: it was
  // acknowledged, or the step was made.
  Status escalate(std::int64_t job_id, int step, const std::string& what, std::span<const NewDelivery> messages,
                  WallTime now);
  Status acknowledge(std::int64_t study_id, const std::string& reader, WallTime now);  // refused: nothing waits
  Result<CriticalCounts> counts();

 private:
  Ledger& ledger_;
};

}  // namespace inferad::store
