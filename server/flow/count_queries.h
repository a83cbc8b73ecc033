// SPDX-License-Identifier: Apache-2.0
// Asks the query peer how many objects a study has, one study at a time on a thread of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "server/base/doorbell.h"
#include "server/flow/ports.h"

namespace inferad::flow {

struct CountAnswer {
  std::int64_t study_id = 0;
  std::optional<int> reported;  // nullopt: no answer, or the peer does not tell
};

class CountQueries {
 public:
  // `answer` is called on the thread of the queries. `counter` outlives this object.
  CountQueries(StudyCounter& counter, DicomPeer peer, std::function<void(CountAnswer)> answer);
  ~CountQueries() = default;  // ends the query in progress; what waits is dropped

  void ask(std::int64_t study_id, std::string study_uid);  // thread-safe; at most one entry a study

 private:
  struct Query {
    std::int64_t study_id = 0;
    std::string study_uid;
  };
  void run(const std::stop_token& stop);
  std::optional<Query> next();

  StudyCounter& counter_;
  const DicomPeer peer_;
  const std::function<void(CountAnswer)> answer_;
  std::mutex mutex_;
  std::deque<Query> queue_;  // by mutex_
  Doorbell bell_;
  bool failing_ = false;  // the thread only
  std::jthread thread_;   // last: ends first
};

}  // namespace inferad::flow
