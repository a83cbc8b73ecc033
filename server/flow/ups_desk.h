// SPDX-License-Identifier: Apache-2.0
// The thread behind our UPS worklist: answers requests in order, and brings workitems in line with studies that
// changed. Thread-safe. Bounded: kQueueMax requests wait, further ones get 0213.
#pragma once

#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "server/base/doorbell.h"
#include "server/flow/ups_service.h"

namespace inferad::flow {

class UpsDesk final : public MessagePort {
 public:
  static constexpr std::size_t kQueueMax = 256;

  // `events`: rung when something is to be reported; outlives the desk, as do the parts.
  UpsDesk(UpsServiceParts parts, Doorbell& events);
  ~UpsDesk() override;  // stops; what waits is answered with 0213

  void start();
  void study_changed(std::int64_t study_id);  // quick, from any thread; 0: all
  void take(DimseMessage message, std::function<void(std::vector<DimseReply>)> done) override;
  Result<DataSet> shown(const store::Workitem& item) { return service_.shown(item); }  // thread-safe

 private:
  struct Waiting {
    DimseMessage message;
    std::function<void(std::vector<DimseReply>)> done;
  };
  void run(const std::stop_token& stop);
  void sync(std::int64_t study_id);

  store::Workitems& workitems_;
  Doorbell& events_;
  UpsService service_;
  Doorbell bell_;
  std::mutex mutex_;
  std::deque<Waiting> waiting_;     // by mutex_
  std::set<std::int64_t> changed_;  // by mutex_
  bool closed_ = false;             // by mutex_
  std::jthread thread_;             // last: ends first
};

}  // namespace inferad::flow
