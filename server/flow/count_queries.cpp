// SPDX-License-Identifier: Apache-2.0
#include "server/flow/count_queries.h"

#include <algorithm>
#include <utility>

#include "server/base/log.h"

namespace inferad::flow {

CountQueries::CountQueries(StudyCounter& counter, DicomPeer peer, std::function<void(CountAnswer)> answer)
    : counter_(counter),
      peer_(std::move(peer)),
      answer_(std::move(answer)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void CountQueries::ask(std::int64_t study_id, std::string study_uid) {
  {
    const std::lock_guard lock(mutex_);
    const auto same = [&](const Query& query) { return query.study_id == study_id; };
    if (std::any_of(queue_.begin(), queue_.end(), same)) return;
    queue_.push_back({study_id, std::move(study_uid)});
  }
  bell_.ring();
}

std::optional<CountQueries::Query> CountQueries::next() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) return std::nullopt;
  auto query = std::move(queue_.front());
  queue_.pop_front();
  return query;
}

void CountQueries::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto ticket = bell_.ticket();
    const auto query = next();
    if (!query) {
      bell_.wait(ticket, stop, std::chrono::seconds(60));
      continue;
    }
    const auto reported = counter_.count_instances(peer_, query->study_uid, stop);
    if (stop.stop_requested()) return;
    if (!reported && !failing_)
      log::warning("count_query_failed", {{"peer", peer_.name}, {"error", reported.error().what}});
    failing_ = !reported;
    answer_({query->study_id, reported ? *reported : std::nullopt});
  }
}

}  // namespace inferad::flow
