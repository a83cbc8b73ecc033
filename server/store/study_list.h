// SPDX-License-Identifier: Apache-2.0
// The worklist of the last time somebody looked, and which of its studies have changed since: so a look costs as much
// as changed. Nobody has to remember to tell: triggers on the writer's connection name the study of every row that is
// written in a table of worklist_view.cpp, SQLite's data_version tells whether anything was written at all, and the
// progress of jobs, which is in no table, is compared. What a trigger should miss is seen within kTrustedFor.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/views.h"
#include "server/store/sqlite.h"

namespace inferad::store {

struct Progress {
  std::string stage;
  double fraction = 0;
  bool operator==(const Progress&) const = default;
};
using ProgressOfJobs = std::map<std::int64_t, Progress>;  // by job id; of running jobs

std::vector<std::string_view> watched_tables();

class StudyList {
 public:
  static constexpr std::chrono::seconds kTrustedFor{30};  // then everything is read anew

  // From now on the writer's changes are noted. Called once, on the connection that all changes go through.
  Status watch(Database& writer);
  // After each commit of the writer, before the caller hears of it; the caller holds the writer.
  void committed();

  // What `latest` and `one` of worklist_view.h would give in this snapshot; the same object while it is the same, and
  // the same entry while that is. One caller at a time, always with the same reader, in a transaction that has read
  // nothing yet.
  struct Reads {
    std::function<Result<std::vector<WorklistEntry>>()> all;
    std::function<Result<std::vector<std::int64_t>>()> ids;
    std::function<Result<std::optional<WorklistEntry>>(std::int64_t)> one;
  };
  Result<std::shared_ptr<const StudiesOnList>> look(Database& reader, ProgressOfJobs progress, const Reads& reads);

 private:
  using Changed = std::set<std::int64_t>;
  Result<StudiesOnList> all_anew(const Reads& reads);
  Result<StudiesOnList> changed_anew(const Changed& changed, const Reads& reads);
  Result<Changed> studies_of_jobs(Database& reader, const ProgressOfJobs& progress);
  std::shared_ptr<const WorklistEntry> known_or(WorklistEntry entry) const;

  Changed uncommitted_;  // of the open transaction of the writer, which guards it
  std::mutex mutex_;
  Changed changed_;  // committed since the last look; guarded by mutex_

  // Of the last look; guarded by the reader. Without a list everything is read.
  std::shared_ptr<const StudiesOnList> list_;
  std::map<std::int64_t, std::shared_ptr<const WorklistEntry>> entries_;
  ProgressOfJobs progress_;
  std::int64_t data_version_ = 0;
  SteadyTime trusted_since_{};
};

}  // namespace inferad::store
