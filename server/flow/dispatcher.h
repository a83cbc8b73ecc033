// SPDX-License-Identifier: Apache-2.0
// Gives jobs to workers: one thread for each worker process leases the most urgent job and sees it through (JobRun).
// Concurrency: the threads share nothing but the ledger. A lease always ends settled; after a crash Ledger::recover
// returns it.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "server/flow/job_run.h"

namespace inferad::flow {

class Dispatcher {
 public:
  using Parts = JobParts;
  // `device_serial`: what names this installation in results.
  Dispatcher(Parts parts, const config::Settings& settings, std::string device_serial);
  ~Dispatcher();  // stops: jobs under way go back to pending, their attempt not counted

  void start();  // once; settings.workers.count threads

 private:
  void run(const std::stop_token& stop);

  const Parts parts_;
  const config::Settings settings_;
  const std::string device_serial_;
  std::vector<std::jthread> threads_;  // last: they end first
};

}  // namespace inferad::flow
