// SPDX-License-Identifier: Apache-2.0
#include "server/app/evidence_source.h"

#include <sys/resource.h>

#include "server/evidence/table.h"

namespace inferad::app {

namespace {
constexpr std::size_t kTablesMax = 8;  // kept, of different days
constexpr int kNice = 10;              // of the thread: what cannot wait goes first
}  // namespace

EvidenceSource::EvidenceSource(store::Ledger& ledger)
    : cases_(ledger), thread_([this](const std::stop_token& stop) { run(stop); }) {}

EvidenceSource::~EvidenceSource() = default;

Result<Evidence> EvidenceSource::evidence(int days, int group_min, Millis patience) {
  const Wish wish{days, group_min};
  std::unique_lock lock(mutex_);
  auto found = made_.find(wish);
  if (found == made_.end() || steady_now() - found->second.at > kFresh) {
    wishes_.insert(wish);
    changed_.notify_all();
  }
  changed_.wait_for(lock, patience, [&] { return !wishes_.contains(wish) || made_.contains(wish); });
  found = made_.find(wish);
  if (found != made_.end()) return found->second.evidence;
  return Error{Errc::unavailable, "The studies are being counted for the first time. Ask again in some seconds."};
}

void EvidenceSource::run(const std::stop_token& stop) {
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNice));  // on Linux of the calling thread
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return !wishes_.empty(); })) {
    const Wish wish = *wishes_.begin();
    lock.unlock();
    auto evidence = make(wish);
    lock.lock();
    if (made_.size() >= kTablesMax && !made_.contains(wish)) made_.clear();
    made_.insert_or_assign(wish, Made{steady_now(), std::move(evidence)});
    wishes_.erase(wish);
    changed_.notify_all();
  }
}

Result<Evidence> EvidenceSource::make(const Wish& wish) {
  const auto [days, group_min] = wish;
  const WallTime now = wall_now(), since = now - std::chrono::hours(24) * days;
  INFERAD_TRY(const auto collected, cases_.collect(since));
  Evidence out = evidence::table(collected.cases, group_min);
  out.since = since;
  out.until = now;
  out.starts = collected.starts;
  return out;
}

}  // namespace inferad::app
