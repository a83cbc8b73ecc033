// SPDX-License-Identifier: Apache-2.0
// One attempt at one job: folder, worker, priority as soon as the findings are durable, result objects into the outbox.
// Everything is idempotent: after a crash the same steps find what is done and make the same of the rest.
#pragma once

#include <string>

#include "server/config/settings.h"
#include "server/flow/addressing.h"
#include "server/flow/events.h"
#include "server/flow/findings_summary.h"
#include "server/flow/job_file.h"
#include "server/flow/ports.h"
#include "server/flow/worker_ports.h"
#include "server/store/ledger.h"
#include "server/store/spool.h"
#include "server/telemetry/metrics.h"

namespace inferad::flow {

struct JobParts {  // all outlive the run
  store::Ledger& ledger;
  store::Spool& spool;
  HeaderReader& headers;
  Bells& bells;
  Metrics& metrics;
  StudyChanged changed;
};

class JobRun final : public JobObserver {
 public:
  JobRun(const JobParts& parts, const config::Settings& settings, const std::string& device_serial,
         const store::JobLease& lease, const std::stop_token& stop);

  // Runs the job and settles its lease: finished, failed, or back to pending.
  void run(FreeWorker& worker);

  void progress(const std::string& stage, double fraction) override;
  Status findings_ready() override;

 private:
  Status ensure_folder() const;
  void settle_error(const Error& error);
  void try_again_or_fail(const std::string& reason);
  void report_failure(FreeWorker& worker);
  void finish(const WorkerResult& result);
  Result<std::vector<StoredResult>> results_of(const WorkerResult& result) const;
  bool is_critical(const std::optional<PriorityDecision>& decision) const;
  Result<std::string> hold_reason(bool asks, WallTime now) const;
  Result<std::vector<store::NewDelivery>> messages_for(FindingsSummary& findings, WallTime now) const;
  void fail(const std::string& reason);
  void give_back(bool count_attempt, Millis wait);
  void end_stage();
  void tell() const;

  const JobParts& parts_;
  const config::Settings& settings_;
  const std::string& device_serial_;
  const store::JobLease& lease_;
  const std::stop_token& stop_;
  const std::filesystem::path folder_;
  std::string stage_;  // of the worker, and since when
  SteadyTime stage_began_{};
  bool sent_ = false, findings_seen_ = false;
};

}  // namespace inferad::flow
