// SPDX-License-Identifier: Apache-2.0
#include "server/store/workitems.h"

#include <fmt/format.h>

#include "server/store/workitem_rows.h"

namespace inferad::store {
namespace {

const std::string kByUid = kWorkitemColumns + "WHERE w.uid = $1";
const std::string kList =
    kWorkitemColumns +
    "JOIN study s ON s.id = w.study_id WHERE ($1 IS NULL OR w.state = $1) AND ($2 = '' OR w.uid = $2)"
    " AND ($3 = '' OR s.study_uid = $3) AND ($4 = '' OR s.accession_number = $4 OR EXISTS (SELECT 1 FROM order_study j"
    " JOIN imaging_order o ON o.id = j.order_id WHERE j.study_id = s.id AND j.joined = 1 AND o.accession_number = $4))"
    " ORDER BY w.level, w.created_at LIMIT $5";
const std::string kReadingTask = kWorkitemColumns + "WHERE w.study_id = $1 AND w.kind = 0 ORDER BY w.id DESC LIMIT 1";

template <class... Args>
Result<std::vector<Workitem>> rows(Database& db, const std::string& sql, const Args&... args) {
  std::vector<Workitem> out;
  Status status = ok();
  INFERAD_TRY_STATUS(db.each(
      sql,
      [&](Row& row) {
        auto read = workitem_of(row);
        if (read)
          out.push_back(*std::move(read));
        else
          status = read.error();
      },
      args...));
  INFERAD_TRY_STATUS(status);
  return out;
}

template <class... Args>
Result<std::optional<Workitem>> one(Database& db, const std::string& sql, const Args&... args) {
  INFERAD_TRY(auto found, rows(db, sql, args...));
  return found.empty() ? std::optional<Workitem>() : std::optional(std::move(found.front()));
}

// The job for an analysis that was asked for, or the one that the revision has already.
Result<std::optional<std::int64_t>> job_for(Database& db, const Workitem& item, const std::string& series_json,
                                            WallTime now) {
  INFERAD_TRY(
      const auto revision,
      db.value<int>("SELECT revision FROM study WHERE id = $1 AND is_open = 0 AND revision > 0", item.study_id));
  if (!revision) return std::optional<std::int64_t>();
  INFERAD_TRY_STATUS(db.run(
      "INSERT INTO job (study_id, pipeline, revision, series_json, state, created_at) VALUES ($1, $2, $3, $4, $5,"
      " $6) ON CONFLICT DO NOTHING",
      item.study_id, item.pipeline, *revision, series_json, AiState::pending, now));
  if (db.changes() == 1)
    INFERAD_TRY_STATUS(add_event(db, item.study_id, now, item.pipeline + ": asked for by a worklist peer"));
  return db.value<std::int64_t>("SELECT id FROM job WHERE study_id = $1 AND pipeline = $2 AND revision = $3",
                                item.study_id, item.pipeline, *revision);
}

}  // namespace

Result<Workitem> workitem_of(Row& row) {
  Workitem item;
  std::string attributes;
  row >> item.id >> item.study_id >> item.uid >> item.kind >> item.job_id >> item.pipeline >> item.state >>
      item.level >> item.ready >> item.transaction_uid >> attributes >> item.created_at >> item.modified_at;
  INFERAD_TRY(item.attributes, data_set_from_json(attributes));
  return item;
}

Result<std::optional<Workitem>> reading_task(Database& db, std::int64_t study_id) {
  return one(db, kReadingTask, study_id);
}

Status update_workitem(Database& db, const Workitem& item, WallTime now) {
  const auto attributes = data_set_to_json(item.attributes);
  return db.run(
      "UPDATE workitem SET state = $1, level = $2, ready = $3, transaction_uid = $4, attributes = $5, job_id = $6,"
      " modified_at = $7 WHERE id = $8",
      item.state, item.level, item.ready, item.transaction_uid, attributes, item.job_id, now, item.id);
}

Result<std::optional<Workitem>> Workitems::find(const std::string& uid) {
  return ledger_.impl_->read([&](Database& db) { return one(db, kByUid, uid); });
}

Result<std::vector<Workitem>> Workitems::list(const WorkitemQuery& query, int max) {
  return ledger_.impl_->read([&](Database& db) {
    return rows(db, kList, query.state, query.uid, query.study_uid, query.accession_number, max);
  });
}

Result<std::optional<std::int64_t>> Workitems::study(const std::string& study_uid) {
  return ledger_.impl_->read([&](Database& db) {
    return db.value<std::int64_t>("SELECT id FROM study WHERE study_uid = $1 AND first_image_at IS NOT NULL",
                                  study_uid);
  });
}

Result<std::vector<Fallback>> Workitems::results(std::int64_t job_id) {
  return ledger_.impl_->read([&](Database& db) -> Result<std::vector<Fallback>> {
    std::vector<Fallback> out;
    INFERAD_TRY_STATUS(db.each(
        "SELECT kind, file, sop_class_uid, sop_instance_uid FROM delivery WHERE job_id = $1 AND file <> ''"
        " GROUP BY sop_instance_uid ORDER BY MIN(id)",
        [&](Row& row) {
          auto& each = out.emplace_back();
          row >> each.kind >> each.file >> each.sop_class_uid >> each.sop_instance_uid;
        },
        job_id));
    return out;
  });
}

Status Workitems::create_analysis(const Workitem& item, const std::string& series_json, WallTime now) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const auto job_id, job_for(db, item, series_json, now));
    const auto attributes = data_set_to_json(item.attributes);
    INFERAD_TRY_STATUS(
        db.run("INSERT INTO workitem (study_id, uid, kind, job_id, pipeline, state, level, ready, transaction_uid,"
               " attributes, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $10)"
               " ON CONFLICT DO NOTHING",
               item.study_id, item.uid, item.kind, job_id, item.pipeline, ups::State::scheduled, item.level,
               job_id.has_value(), attributes, now));
    if (db.changes() == 0) return Error{Errc::refused, "there is a workitem of this UID"};
    INFERAD_TRY(const auto made, one(db, kByUid, item.uid));
    INFERAD_TRY_STATUS(announce_state(db, *made, now));
    INFERAD_TRY_STATUS(announce_changes(db, {}, *made, now));
    return sync_study(db, item.study_id, now);
  });
}

Status Workitems::set_attributes(const Workitem& item, WallTime now) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const auto before, one(db, kByUid, item.uid));
    if (!before) return Error{Errc::not_found, "no such workitem"};
    INFERAD_TRY_STATUS(update_workitem(db, item, now));
    if (before->level != item.level) INFERAD_TRY_STATUS(announce_state(db, item, now));
    return announce_changes(db, before->attributes, item, now);
  });
}

Status Workitems::claim(const Workitem& item, const std::string& transaction_uid, const std::string& reader,
                        WallTime now) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    INFERAD_TRY_STATUS(start_reading(db, item.study_id, reader, now));
    INFERAD_TRY_STATUS(
        db.run("UPDATE workitem SET transaction_uid = $1 WHERE id = $2 AND state = $3 AND id = (SELECT MAX(id) FROM"
               " workitem WHERE study_id = $4 AND kind = 0)",
               transaction_uid, item.id, ups::State::scheduled, item.study_id));
    if (db.changes() == 0) return Error{Errc::refused, "the task is not the one that waits"};
    return sync_study(db, item.study_id, now);
  });
}

Status Workitems::complete(const Workitem& item, const std::string& source, WallTime now) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    INFERAD_TRY_STATUS(finish_reading(db, item.study_id, source, now));
    return sync_study(db, item.study_id, now);
  });
}

Status Workitems::give_back(const Workitem& item, WallTime now) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    INFERAD_TRY_STATUS(release_reading(db, item.study_id, now));
    return sync_study(db, item.study_id, now);
  });
}

Status Workitems::cancel_analysis(const Workitem& item, const std::string& reason, WallTime now) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    if (item.job_id) {
      INFERAD_TRY_STATUS(db.run(
          "UPDATE job SET state = $1, reason = $2, finished_at = $3 WHERE id = $4 AND state = $5 AND attempts = 0",
          AiState::not_analysed, reason, now, *item.job_id, AiState::pending));
      if (db.changes() == 0) return Error{Errc::refused, "the analysis has begun"};
      INFERAD_TRY_STATUS(add_event(db, item.study_id, now, item.pipeline + ": " + reason));
      return sync_study(db, item.study_id, now);
    }
    Workitem canceled = item;
    canceled.state = ups::State::canceled;
    INFERAD_TRY_STATUS(update_workitem(db, canceled, now));
    return announce_state(db, canceled, now);
  });
}

}  // namespace inferad::store
