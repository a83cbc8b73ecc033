// SPDX-License-Identifier: Apache-2.0
// Unified Procedure Steps in the ledger (PS3.4 Annex CC): a reading task for each study of the reading list, analyses
// that peers asked for, subscriptions, and events that wait to be reported. Every method is one transaction of the
// ledger, with its guarantees (ledger.h); events stand in the same transaction as what they report. Thread-safe.
//
// A task follows its study: the level, whether all images are there, and the reading (started: IN PROGRESS, finished:
// COMPLETED). The state of a workitem never goes back, so a reading that was given back ends its task as CANCELED and
// the study gets a new one. An analysis follows its job: done is COMPLETED; not_analysed and failed are CANCELED.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/data_set.h"
#include "server/core/ups.h"
#include "server/store/ledger.h"

namespace inferad::store {

struct Workitem {
  enum class Kind { reading, analysis };
  std::int64_t id = 0, study_id = 0;
  std::string uid;
  Kind kind = Kind::reading;
  std::optional<std::int64_t> job_id;  // of an analysis that has one
  std::string pipeline;                // of an analysis
  ups::State state = ups::State::scheduled;
  Level level = Level::routine;
  bool ready = false;
  std::string transaction_uid;  // of the claim; "" when nobody outside has claimed it
  DataSet attributes;           // what peers created and set; the rest is made from the study
  WallTime created_at{}, modified_at{};
};

struct WorkitemQuery {
  std::optional<ups::State> state;
  std::string uid, study_uid, accession_number;  // "" = any
};

struct Subscription {
  std::string ae;
  std::string workitem;  // "" = all
  bool wanted = true;    // false: this one not, although all are
  bool deletion_lock = false;
  DataSet keys;  // of all: only what matches
  bool operator==(const Subscription&) const = default;
};

struct UpsEvent {
  std::int64_t id = 0;
  std::string ae, workitem;
  std::uint16_t type = 0;  // ups::state_report, …
  DataSet information;
  DataSet keys;  // of the subscription: report only when the workitem matches
  WallTime created_at{};
};

class Workitems {
 public:
  explicit Workitems(Ledger& ledger) : ledger_(ledger) {}  // which outlives this

  static constexpr int kEventsMax = 10'000;  // that wait for one receiver; further ones are not kept
  static constexpr Millis kProgressEvery{5000};

  // Brings the tasks and analyses of a study in line with it; 0: of all studies. Idempotent. How many events were made.
  Result<int> sync(std::int64_t study_id, WallTime now);

  Result<std::optional<Workitem>> find(const std::string& uid);
  Result<std::vector<Workitem>> list(const WorkitemQuery& query, int max);  // most urgent first, then the oldest

  Result<std::optional<std::int64_t>> study(const std::string& study_uid);  // one with images
  Result<std::vector<Fallback>> results(std::int64_t job_id);  // objects of the job, one for each SOP Instance UID

  // refused: there is a workitem of this UID. A study that is closed gets the job (`series_json`: its candidates) or
  // the analysis is that of the job it has; an open study gets one when it is complete, if a rule asks for it.
  Status create_analysis(const Workitem& workitem, const std::string& series_json, WallTime now);
  // What peers may set; reports progress, assignment and level where they changed. not_found: no such workitem.
  Status set_attributes(const Workitem& workitem, WallTime now);

  // Of a reading task; refused: the reading is not in a state that allows it, nothing changes.
  Status claim(const Workitem& workitem, const std::string& transaction_uid, const std::string& reader, WallTime now);
  Status complete(const Workitem& workitem, const std::string& source, WallTime now);
  Status give_back(const Workitem& workitem, WallTime now);
  // Of an analysis that has not begun: its job ends as not_analysed. refused: it has begun.
  Status cancel_analysis(const Workitem& workitem, const std::string& reason, WallTime now);

  // ---- subscriptions and events ----
  Status subscribe(const Subscription& subscription, WallTime now);        // and reports the present states
  Status unsubscribe(const std::string& ae, const std::string& workitem);  // "": everything
  Status suspend(const std::string& ae, WallTime now);  // of all: nothing of what is created from now on
  Result<std::vector<Subscription>> subscriptions();
  Status announce(const Workitem& workitem, std::uint16_t type, const DataSet& information, WallTime now);
  // Of the analyses of a study that run, as far as stage or percent are news: at most one report each kProgressEvery,
  // and never more than the latest waits for a receiver. How many workitems were reported.
  Result<int> report_progress(std::int64_t study_id, WallTime now);
  // The node itself, to everyone who subscribed to anything and to those named, who may have been forgotten with a lost
  // ledger: "RESTARTED", "GOING DOWN" (CC.2.4.3).
  Status report_scp_status(std::string_view word, std::span<const std::string> fallback, WallTime now);
  Result<int> waiting(std::uint16_t type);             // events of this type that nobody has answered yet
  Result<int> receivers(const std::string& workitem);  // how many are told about it
  Result<std::vector<UpsEvent>> events(const std::string& ae, int max);  // oldest first
  Status reported(std::int64_t event_id);

 private:
  struct Told {
    WallTime at{};
    int percent = 0;
    std::string stage;
  };
  bool is_news(std::int64_t workitem_id, const Told& progress);

  Ledger& ledger_;
  std::mutex told_mutex_;
  std::map<std::int64_t, Told> told_;  // by told_mutex_; of workitem numbers: the progress last reported
};

}  // namespace inferad::store
