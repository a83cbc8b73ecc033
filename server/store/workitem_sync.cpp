// SPDX-License-Identifier: Apache-2.0
// Reading tasks follow their studies, analyses their jobs.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "server/base/hash.h"
#include "server/store/workitem_rows.h"

namespace inferad::store {
namespace {

using ups::State;

struct StudyNow {
  bool there = false;
  std::string uid;
  Level level = Level::routine;
  bool ready = false, started = false, finished = false;

  State state() const { return finished ? State::completed : started ? State::in_progress : State::scheduled; }
};

Result<StudyNow> study_now(Database& db, std::int64_t study_id) {
  StudyNow study;
  INFERAD_TRY_STATUS(db.each(
      "SELECT 1, study_uid, level, is_open = 0 AND revision > 0, reading > 0, reading = 2 FROM study"
      " WHERE id = $1 AND first_image_at IS NOT NULL",
      [&](Row& row) {
        row >> study.there >> study.uid >> study.level >> study.ready >> study.started >> study.finished;
      },
      study_id));
  return study;
}

// Under a UID of the study and the place of the task among its tasks.
Status new_task(Database& db, std::int64_t study_id, const StudyNow& study, WallTime now) {
  INFERAD_TRY(const auto tasks,
              db.value<int>("SELECT COUNT(*) FROM workitem WHERE study_id = $1 AND kind = 0", study_id));
  const auto uid = derive_uid(fmt::format("our reading task|{}|{}", study.uid, tasks.value_or(0) + 1));
  INFERAD_TRY_STATUS(
      db.run("INSERT INTO workitem (study_id, uid, kind, state, level, ready, attributes, created_at, modified_at)"
             " VALUES ($1, $2, 0, $3, $4, $5, '{}', $6, $6)",
             study_id, uid, State::scheduled, study.level, study.ready, now));
  INFERAD_TRY(const auto task, reading_task(db, study_id));
  return announce_state(db, *task, now);
}

Status move(Database& db, Workitem& item, State next, WallTime now) {
  item.state = next;
  INFERAD_TRY_STATUS(update_workitem(db, item, now));
  return announce_state(db, item, now);
}

// SCHEDULED goes through IN PROGRESS to an end (PS3.4 table CC.1.1-2).
Status move_through(Database& db, Workitem& item, State next, WallTime now) {
  if (item.state == State::scheduled && ups::is_final(next))
    INFERAD_TRY_STATUS(move(db, item, State::in_progress, now));
  return move(db, item, next, now);
}

Status sync_reading(Database& db, std::int64_t study_id, WallTime now) {
  INFERAD_TRY(const StudyNow study, study_now(db, study_id));
  if (!study.there) return ok();
  INFERAD_TRY(auto task, reading_task(db, study_id));
  if (!task && study.finished) return ok();  // nobody has to be told any more
  const bool goes_back =
      task && !study.finished && (ups::is_final(task->state) || (task->state == State::in_progress && !study.started));
  if (goes_back && task->state == State::in_progress) INFERAD_TRY_STATUS(move(db, *task, State::canceled, now));
  if (!task || goes_back) {
    INFERAD_TRY_STATUS(new_task(db, study_id, study, now));
    INFERAD_TRY(task, reading_task(db, study_id));
  }
  if (ups::is_final(task->state)) return ok();
  const bool changed = task->level != study.level || task->ready != study.ready;
  task->level = study.level;
  task->ready = study.ready;
  if (study.state() != task->state) return move_through(db, *task, study.state(), now);
  if (!changed) return ok();
  INFERAD_TRY_STATUS(update_workitem(db, *task, now));
  return announce_state(db, *task, now);
}

State state_of(AiState job) {
  if (job == AiState::pending) return State::scheduled;
  if (job == AiState::running) return State::in_progress;
  return job == AiState::done ? State::completed : State::canceled;
}

// The study is complete and no rule made the job: whoever asked must not wait for ever.
Status cancel_unrouted(Database& db, Workitem& item, WallTime now) {
  INFERAD_TRY(const auto open, db.value<bool>("SELECT is_open FROM study WHERE id = $1", item.study_id));
  if (open.value_or(true)) return ok();
  DataSet progress;
  progress.set(tag::cancellation_reason, "the study is complete and no rule asks for this pipeline: ask again");
  item.attributes.set_items(tag::progress_information, {progress});
  return move_through(db, item, State::canceled, now);
}

Status sync_analysis(Database& db, Workitem& item, WallTime now) {
  if (!item.job_id) {  // asked for while images came: when the study is complete, a rule has decided
    INFERAD_TRY(item.job_id, db.value<std::int64_t>("SELECT j.id FROM job j JOIN study s ON s.id = j.study_id WHERE"
                                                    " s.id = $1 AND j.pipeline = $2 AND j.revision = s.revision"
                                                    " AND s.is_open = 0",
                                                    item.study_id, item.pipeline));
    if (!item.job_id) return cancel_unrouted(db, item, now);
    item.ready = true;
    INFERAD_TRY_STATUS(update_workitem(db, item, now));
  }
  INFERAD_TRY(const auto job, db.value<AiState>("SELECT state FROM job WHERE id = $1", *item.job_id));
  const auto next = state_of(job.value_or(AiState::failed));
  if (next == item.state || (next == State::scheduled && item.state == State::in_progress)) return ok();
  return move_through(db, item, next, now);
}

}  // namespace

Status sync_study(Database& db, std::int64_t study_id, WallTime now) {
  INFERAD_TRY_STATUS(sync_reading(db, study_id, now));
  std::vector<Workitem> analyses;
  Status status = ok();
  static const std::string kAnalyses = kWorkitemColumns + "WHERE w.study_id = $1 AND w.kind = 1 AND w.state < 2";
  INFERAD_TRY_STATUS(db.each(
      kAnalyses,
      [&](Row& row) {
        auto read = workitem_of(row);
        if (read)
          analyses.push_back(*std::move(read));
        else
          status = read.error();
      },
      study_id));
  INFERAD_TRY_STATUS(status);
  for (auto& each : analyses) INFERAD_TRY_STATUS(sync_analysis(db, each, now));
  return ok();
}

Result<int> Workitems::sync(std::int64_t study_id, WallTime now) {
  std::vector<std::int64_t> studies{study_id};
  if (study_id == 0) {
    studies.clear();
    INFERAD_TRY_STATUS(ledger_.impl_->read([&](Database& db) {
      return db.each("SELECT id FROM study WHERE first_image_at IS NOT NULL ORDER BY id",
                     [&](Row& row) { row >> studies.emplace_back(); });
    }));
  }
  constexpr std::size_t kTogether = 200;  // a few milliseconds in which nobody else writes
  const auto last = [](Database& db) {
    return db.value<std::int64_t>("SELECT seq FROM sqlite_sequence WHERE name = 'ups_event'");
  };
  std::int64_t made = 0;
  for (std::size_t from = 0; from < studies.size(); from += kTogether) {
    const auto some = std::span(studies).subspan(from, std::min(kTogether, studies.size() - from));
    const auto done = ledger_.impl_->write([&](Database& db) -> Status {
      INFERAD_TRY(const auto before, last(db));
      for (const auto each : some) INFERAD_TRY_STATUS(sync_study(db, each, now));
      INFERAD_TRY(const auto after, last(db));
      made += after.value_or(0) - before.value_or(0);
      return ok();
    });
    if (!done) return done.error();
  }
  return static_cast<int>(made);
}

}  // namespace inferad::store
