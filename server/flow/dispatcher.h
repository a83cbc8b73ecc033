// SPDX-License-Identifier: Apache-2.0
// Gives jobs to workers: one thread for each worker process. When a worker is free and a job waits, it leases the most
// urgent one and sees it through (JobRun). Nothing is leased ahead of a worker: what waits shows as pending, and a more
// urgent study overtakes it. Bells::jobs says that a job or a worker came.
// Concurrency: the threads share the ledger and the workers. A lease always ends settled; after a crash Ledger::recover
// returns it.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "server/flow/job_run.h"

namespace inferad::flow {

class Dispatcher {
 public:
  // `device_serial`: what names this installation in results. `workers` outlives the dispatcher.
  Dispatcher(JobParts parts, WorkerHost& workers, const config::Settings& settings, std::string device_serial);
  ~Dispatcher();  // stops: jobs under way go back to pending, their attempt not counted

  void start();  // once; settings.workers.count threads

 private:
  void run(const std::stop_token& stop);
  Result<bool> run_next(const std::stop_token& stop);  // false: no job waits, or no worker

  const JobParts parts_;
  WorkerHost& workers_;
  const config::Settings settings_;
  const std::string device_serial_;
  std::vector<std::jthread> threads_;  // last: they end first
};

}  // namespace inferad::flow
