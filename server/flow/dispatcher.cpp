// SPDX-License-Identifier: Apache-2.0
#include "server/flow/dispatcher.h"

#include "server/base/crash_point.h"
#include "server/base/log.h"

namespace inferad::flow {
namespace {

constexpr Millis kLook{500};  // jobs that wait for their next attempt ring no bell
constexpr Millis kAfterError{2000};

}  // namespace

Dispatcher::Dispatcher(JobParts parts, WorkerHost& workers, const config::Settings& settings, std::string device_serial)
    : parts_(std::move(parts)), workers_(workers), settings_(settings), device_serial_(std::move(device_serial)) {}

Dispatcher::~Dispatcher() {
  for (auto& thread : threads_) thread.request_stop();
}

void Dispatcher::start() {
  for (int i = 0; i < settings_.workers.count; ++i)
    threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
}

void Dispatcher::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto ticket = parts_.bells.jobs.ticket();
    const auto ran = run_next(stop);
    if (!ran) log::error("job_not_leased", {{"error", ran.error().what}});
    if (!ran || !*ran) parts_.bells.jobs.wait(ticket, stop, ran ? kLook : kAfterError);
  }
}

Result<bool> Dispatcher::run_next(const std::stop_token& stop) {
  INFERAD_TRY(const bool waits, parts_.ledger.job_waits(wall_now()));
  if (!waits) return false;
  const auto worker = workers_.claim();
  if (!worker) return false;
  INFERAD_TRY(const auto job, parts_.ledger.lease_job(wall_now()));
  if (!job) return false;
  crash_point("dispatch.leased");
  log::info("job_started", {{"job", job->id}, {"study", job->study_id}, {"attempt", job->attempts}});
  JobRun(parts_, settings_, device_serial_, *job, stop).run(*worker);
  return true;
}

}  // namespace inferad::flow
