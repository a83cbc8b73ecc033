// SPDX-License-Identifier: Apache-2.0
#include "server/store/study_list.h"

#include <fmt/format.h>

#include <utility>

namespace inferad::store {
namespace {

constexpr std::size_t kManyChanges = 200;  // then all at once is quicker than one by one

// Every table that worklist_view.cpp reads, and the studies that a row of it is about; {} is NEW or OLD.
struct Watched {
  const char *table, *studies;
};
constexpr Watched kWatched[] = {
    {"study", "study_written({0}.id)"},
    {"series", "study_written({0}.study_id)"},
    {"instance", "study_written({0}.study_id)"},
    {"job", "study_written({0}.study_id)"},
    {"decision", "study_written({0}.study_id)"},
    {"critical", "study_written({0}.study_id)"},
    {"held_raise", "study_written({0}.study_id)"},
    {"reading_start", "study_written({0}.study_id)"},
    {"reading_finish", "study_written({0}.study_id)"},
    {"order_study", "study_written({0}.study_id)"},
    {"imaging_order", "study_written(study_id) FROM order_study WHERE order_id = {0}.id"},
};

Result<std::int64_t> data_version(Database& reader) {
  INFERAD_TRY(const auto version, reader.value<std::int64_t>("PRAGMA data_version"));
  return version.value_or(0);
}

}  // namespace

std::vector<std::string_view> watched_tables() {
  std::vector<std::string_view> tables;
  for (const auto& watched : kWatched) tables.emplace_back(watched.table);
  return tables;
}

Status StudyList::watch(Database& writer) {
  INFERAD_TRY_STATUS(writer.define("study_written", [this](std::int64_t id) { uncommitted_.insert(id); }));
  for (const auto& [table, studies] : kWatched) {
    for (const auto& [event, row] : {std::pair("INSERT", "NEW"), {"UPDATE", "NEW"}, {"DELETE", "OLD"}}) {
      const auto what = fmt::format(fmt::runtime(studies), row);
      const auto sql = fmt::format("CREATE TEMP TRIGGER list_{0}_{1} AFTER {1} ON main.{0} BEGIN SELECT {2}; END",
                                   table, event, what);
      INFERAD_TRY_STATUS(writer.script(sql.c_str()));
    }
  }
  return ok();
}

void StudyList::committed() {
  if (uncommitted_.empty()) return;
  const std::lock_guard lock(mutex_);
  changed_.merge(uncommitted_);
  uncommitted_.clear();
}

Result<std::shared_ptr<const StudiesOnList>> StudyList::look(Database& reader, ProgressOfJobs progress,
                                                             const Reads& reads) {
  Changed changed;
  {
    const std::lock_guard lock(mutex_);  // before the snapshot begins, which so holds all of them
    changed.swap(changed_);
  }
  const auto before = std::exchange(list_, nullptr);  // whatever fails from here on: the next look reads everything
  INFERAD_TRY(const auto version, data_version(reader));
  const bool same = version == data_version_ && progress == progress_ && changed.empty();
  if (before && same) return list_ = before;
  const bool trusted = before && steady_now() - trusted_since_ < kTrustedFor;
  StudiesOnList now;
  if (trusted && changed.size() < kManyChanges) {
    INFERAD_TRY(auto of_jobs, studies_of_jobs(reader, progress));
    changed.merge(of_jobs);
    INFERAD_TRY(now, changed_anew(changed, reads));
  } else {
    trusted_since_ = steady_now();
    INFERAD_TRY(now, all_anew(reads));
  }
  std::sort(now.begin(), now.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  entries_.clear();
  for (const auto& entry : now) entries_.emplace(entry->id, entry);
  progress_ = std::move(progress);
  data_version_ = version;
  return list_ = before && *before == now ? before : std::make_shared<const StudiesOnList>(std::move(now));
}

std::shared_ptr<const WorklistEntry> StudyList::known_or(WorklistEntry entry) const {
  const auto known = entries_.find(entry.id);
  if (known != entries_.end() && *known->second == entry) return known->second;
  return std::make_shared<const WorklistEntry>(std::move(entry));
}

Result<StudiesOnList> StudyList::all_anew(const Reads& reads) {
  INFERAD_TRY(auto entries, reads.all());
  StudiesOnList list;
  list.reserve(entries.size());
  for (auto& entry : entries) list.push_back(known_or(std::move(entry)));
  return list;
}

Result<StudiesOnList> StudyList::changed_anew(const Changed& changed, const Reads& reads) {
  INFERAD_TRY(const auto ids, reads.ids());
  StudiesOnList list;
  list.reserve(ids.size());
  for (const auto id : ids) {
    const auto known = entries_.find(id);
    if (known != entries_.end() && changed.count(id) == 0) {
      list.push_back(known->second);
      continue;
    }
    INFERAD_TRY(auto entry, reads.one(id));
    if (entry) list.push_back(known_or(*std::move(entry)));
  }
  return list;
}

// Of the jobs that got on since the last look, or began or ended.
Result<StudyList::Changed> StudyList::studies_of_jobs(Database& reader, const ProgressOfJobs& progress) {
  Changed jobs;
  const auto note_missing = [&](const ProgressOfJobs& from, const ProgressOfJobs& in) {
    for (const auto& [job, one] : from) {
      const auto found = in.find(job);
      if (found == in.end() || found->second != one) jobs.insert(job);
    }
  };
  note_missing(progress, progress_);
  note_missing(progress_, progress);
  Changed studies;
  for (const auto job : jobs) {
    INFERAD_TRY(const auto study, reader.value<std::int64_t>("SELECT study_id FROM job WHERE id = $1", job));
    if (study) studies.insert(*study);
  }
  return studies;
}

}  // namespace inferad::store
