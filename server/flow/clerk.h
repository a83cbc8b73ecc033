// SPDX-License-Identifier: Apache-2.0
// The clerk writes what was received into the ledger and decides with the assembler and the router what becomes of it.
//
// Operation: one thread. Instances come in through a queue and are recorded in groups (one transaction for up to 50 ms
// of them); then the assembler is asked what is due. Complete studies are routed and closed with their jobs in one
// transaction. The PACS is asked for its count on a thread of its own, so that a slow one blocks nobody.
// At start objects of the spool that the ledger lacks are recorded first (a crash between acknowledgement and row), and
// studies found open go on.
// Concurrency: the public methods are thread-safe. Limits: a queue of kQueueMax instances, then overloaded().
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "server/config/rules.h"
#include "server/flow/assembler.h"
#include "server/flow/count_queries.h"
#include "server/flow/events.h"
#include "server/flow/intake.h"
#include "server/flow/ports.h"
#include "server/store/ledger.h"
#include "server/store/spool.h"

namespace inferad::flow {

class Clerk final : public IntakeListener {
 public:
  static constexpr std::size_t kQueueMax = 5000;

  struct Parts {  // all outlive the clerk
    store::Ledger& ledger;
    store::Spool& spool;
    HeaderReader& reader;
    StudyCounter& counter;
    Bells& bells;
    Metrics& metrics;
    StudyChanged changed;
  };
  Clerk(Parts parts, const config::Settings& settings, std::shared_ptr<const config::Routing> routing);
  ~Clerk() override;  // stops; what is queued is still recorded

  void start();                                                      // once
  void set_routing(std::shared_ptr<const config::Routing> routing);  // for studies that complete from now on
  bool reconciled() const;                                           // what the spool held at start is in the ledger

  void received(ReceivedInstance instance) override;
  void association_ended(std::uint64_t association, bool released) override;
  bool overloaded() const override;

 private:
  struct Events {
    std::vector<ReceivedInstance> instances;
    std::vector<std::pair<std::uint64_t, bool>> ended;  // association, released
    std::vector<CountAnswer> counts;
    bool empty() const { return instances.empty() && ended.empty() && counts.empty(); }
  };

  void run(const std::stop_token& stop);
  Events wait_for_events(const std::stop_token& stop);
  void handle(Events events);

  // False: stopped before all of it was done.
  bool reconcile(const std::stop_token& stop);
  std::optional<ReceivedInstance> read_spooled(std::int64_t spool_id, const std::stop_token& stop);
  bool load_open_studies(const std::stop_token& stop);

  // False: the ledger cannot write now; the rest of `instances` stays in unrecorded_.
  bool record(std::vector<ReceivedInstance> instances);
  Status record_group(std::span<const ReceivedInstance> instances);
  void note_recorded(std::span<const ReceivedInstance> instances, std::span<const store::Recorded> recorded);
  void open_in_assembler(std::int64_t study_id, Millis age);

  void act(SteadyTime now);
  void examine(std::int64_t study_id, SteadyTime now);
  void ask_count(std::int64_t study_id, SteadyTime now);
  void complete(const AssemblerAction& action, SteadyTime now);
  Status close(const AssemblerAction& action);

  const Parts parts_;
  const Millis age_max_, quiet_;

  // The clerk's thread only.
  Assembler assembler_;
  std::vector<ReceivedInstance> unrecorded_;        // the ledger did not take them yet
  SteadyTime record_again_at_{};                    // when unrecorded_ is tried again
  std::map<std::int64_t, std::string> study_uids_;  // of the studies in the assembler
  std::set<std::int64_t> reconciled_ids_;  // recorded from the spool at start; may come through the queue as well

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Events events_;                                   // by mutex_
  std::shared_ptr<const config::Routing> routing_;  // by mutex_
  bool reconciled_ = false;                         // by mutex_

  std::unique_ptr<CountQueries> queries_;  // nullptr: no query peer
  std::jthread thread_;                    // last: ends first
};

}  // namespace inferad::flow
