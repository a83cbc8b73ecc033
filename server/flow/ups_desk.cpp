// SPDX-License-Identifier: Apache-2.0
#include "server/flow/ups_desk.h"

#include "server/base/log.h"

namespace inferad::flow {
namespace {

constexpr Millis kIdleWait{5000};

}  // namespace

UpsDesk::UpsDesk(UpsServiceParts parts, Doorbell& events)
    : workitems_(parts.workitems), events_(events), service_(std::move(parts)) {}

UpsDesk::~UpsDesk() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  std::deque<Waiting> left;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    left.swap(waiting_);
  }
  for (auto& each : left) each.done({{ups::resource_limit, "the node is stopping"}});
}

void UpsDesk::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void UpsDesk::study_changed(std::int64_t study_id) {
  {
    const std::lock_guard lock(mutex_);
    if (study_id != 0) changed_.insert(study_id);
  }
  bell_.ring();
}

void UpsDesk::take(DimseMessage message, std::function<void(std::vector<DimseReply>)> done) {
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    full = closed_ || waiting_.size() >= kQueueMax;
    if (!full) waiting_.push_back({std::move(message), std::move(done)});
  }
  if (full) return done({{ups::resource_limit, "too many requests at once"}});
  bell_.ring();
}

void UpsDesk::run(const std::stop_token& stop) {
  sync(0);
  while (!stop.stop_requested()) {
    const auto ticket = bell_.ticket();
    std::deque<Waiting> requests;
    std::set<std::int64_t> studies;
    {
      const std::lock_guard lock(mutex_);
      requests.swap(waiting_);
      studies.swap(changed_);
    }
    for (const auto study : studies) sync(study);
    for (auto& each : requests) each.done(service_.answer(each.message));
    if (!requests.empty()) events_.ring();
    if (requests.empty() && studies.empty()) bell_.wait(ticket, stop, kIdleWait);
  }
}

void UpsDesk::sync(std::int64_t study_id) {
  auto events = workitems_.sync(study_id, wall_now());
  if (events && *events == 0 && study_id != 0) events = workitems_.report_progress(study_id, wall_now());
  if (!events) {  // the next change of the study, or the next start, tries again
    log::error("worklist_not_synced", {{"study", study_id}, {"error", events.error().what}});
  } else if (*events > 0) {
    events_.ring();
  }
}

}  // namespace inferad::flow
