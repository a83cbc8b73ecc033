// SPDX-License-Identifier: Apache-2.0
// The inside of Ledger, shared by the sources of this folder.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "server/store/ledger.h"
#include "server/store/sqlite.h"
#include "server/store/study_list.h"

namespace inferad::store {

// Connections that only read, several: who counts months of studies keeps no page and no metrics waiting.
class Readers {
 public:
  static constexpr int kCount = 4;
  void add(std::unique_ptr<Database> connection) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(connection));
    returned_.notify_one();
  }
  std::unique_ptr<Database> take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return !free_.empty(); });
    auto connection = std::move(free_.back());
    free_.pop_back();
    return connection;
  }

 private:
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Database>> free_;
};

struct Ledger::Impl {
  StudyList list;                                 // the writer's triggers refer to it
  std::unique_ptr<Database> writer, list_reader;  // the list's own: data_version counts for one connection
  Readers readers;
  std::mutex writer_mutex, list_mutex, progress_mutex;
  ProgressOfJobs progress;

  // Runs work(Database&) → Result<…> as one transaction; an error, of the work or of the commit, leaves nothing.
  template <class Work>
  auto write(Work work) {
    const std::lock_guard lock(writer_mutex);
    auto result = in_transaction(*writer, Transaction::Kind::write, work);
    list.committed();
    return result;
  }
  // The same on a snapshot, for views.
  template <class Work>
  auto read(Work work) {
    struct Loan {
      Readers& readers;
      std::unique_ptr<Database> connection = readers.take();
      ~Loan() { readers.add(std::move(connection)); }
    };
    const Loan loan{readers};
    return in_transaction(*loan.connection, Transaction::Kind::snapshot, work);
  }
  // The same for the list of studies, one at a time.
  template <class Work>
  auto read_list(Work work) {
    const std::lock_guard lock(list_mutex);
    return in_transaction(*list_reader, Transaction::Kind::snapshot, work);
  }

  Progress progress_of(std::int64_t job_id);
  ProgressOfJobs progress_of_all();
  void forget_progress(std::int64_t job_id);

 private:
  template <class Work>
  static auto in_transaction(Database& database, Transaction::Kind kind, Work work) -> decltype(work(database)) {
    INFERAD_TRY(auto transaction, Transaction::begin(database, kind));
    auto result = work(database);
    if (result) INFERAD_TRY_STATUS(transaction->commit());
    return result;
  }
};

Status add_event(Database& database, std::int64_t study_id, WallTime at, std::string_view what);
Status add_deliveries(Database& database, std::int64_t study_id, std::int64_t job_id,
                      std::span<const NewDelivery> deliveries, WallTime now);
// Of Ledger, inside a transaction of the caller.
Status start_reading(Database& database, std::int64_t study_id, const std::string& reader, WallTime now);
Status release_reading(Database& database, std::int64_t study_id, WallTime now);
Status finish_reading(Database& database, std::int64_t study_id, const std::string& source, WallTime now);
Status reopen_reading(Database& database, std::int64_t study_id, const std::string& source, WallTime now);
Result<bool> is_finished(Database& database, std::int64_t study_id);
// Joins waiting orders with a study whose first image just came.
Status join_orders(Database& database, std::int64_t study_id, WallTime now);
// Of critical findings, inside a transaction of the caller; `how` for people, and to know it again.
inline constexpr std::string_view kAcknowledgedByHand = "seen", kAcknowledgedByStart = "reading started",
                                  kAcknowledgedByReport = "report final";
Status open_critical(Database& database, std::int64_t study_id, std::int64_t job_id, WallTime now);
Result<int> acknowledge_criticals(Database& database, std::int64_t study_id, const std::string& reader,
                                  std::string_view how, WallTime now);  // gives how many
Status withdraw_acknowledgements(Database& database, std::int64_t study_id, std::string_view how, WallTime now);
Result<int> recover_jobs(Database& database, WallTime now);  // gives how many ended as failed
// Sets the study's order level from its images and joined orders, and its level to the more urgent of that and the
// AI's.
Status update_level(Database& database, std::int64_t study_id);

// What a final report says about a finding of a study; the latest counts.
Status record_statement(Database& database, std::int64_t study_id, const std::string& finding, bool present,
                        const std::string& source, WallTime now);

inline Error no_such(std::string_view what) { return Error{Errc::not_found, "no such " + std::string(what)}; }

// A due time further ahead than this counts as due: the clock was set back.
inline constexpr std::int64_t kWaitMaxMs = 3'600'000;

}  // namespace inferad::store
