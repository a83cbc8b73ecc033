// SPDX-License-Identifier: Apache-2.0
// When readings start and end: recorded once for a study, taken back when it was a mistake.
#include <fmt/format.h>

#include "server/store/ledger_impl.h"

namespace inferad::store {
namespace {

// Another STAT study waits: it has images, nobody reads it, and it has no final report.
Result<bool> stat_waits(Database& db, std::int64_t but_for) {
  static_assert(static_cast<int>(Level::stat) == 0);
  INFERAD_TRY(const auto found, db.value<int>("SELECT 1 FROM study WHERE reading = 0 AND level = 0 AND id <> $1"
                                              " AND first_image_at IS NOT NULL LIMIT 1",
                                              but_for));
  return found.has_value();
}

Result<Level> level_of(Database& db, std::int64_t study_id) {
  INFERAD_TRY(const auto level,
              db.value<Level>("SELECT level FROM study WHERE id = $1 AND first_image_at IS NOT NULL", study_id));
  if (!level) return no_such("study");
  return *level;
}

}  // namespace

Result<bool> is_finished(Database& db, std::int64_t study_id) {
  INFERAD_TRY(const auto found, db.value<int>("SELECT 1 FROM study WHERE id = $1 AND reading = 2", study_id));
  return found.has_value();
}

Status start_reading(Database& db, std::int64_t study_id, const std::string& reader, WallTime now) {
  INFERAD_TRY(const Level level, level_of(db, study_id));
  INFERAD_TRY(const bool finished, is_finished(db, study_id));
  if (finished) return Error{Errc::refused, "reading of this study is finished: its report is final"};
  INFERAD_TRY(const bool waits, stat_waits(db, study_id));
  INFERAD_TRY_STATUS(
      db.run("INSERT INTO reading_start (study_id, at, level, stat_waited, reader)"
             " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
             study_id, now, level, waits, reader));
  if (db.changes() == 0) return Error{Errc::refused, "reading of this study has already started"};
  INFERAD_TRY(const int acknowledged, acknowledge_criticals(db, study_id, reader, kAcknowledgedByStart, now));
  static_cast<void>(acknowledged);
  return add_event(db, study_id, now, fmt::format("reading started{}{}", reader.empty() ? "" : " by ", reader));
}

Status release_reading(Database& db, std::int64_t study_id, WallTime now) {
  INFERAD_TRY_STATUS(level_of(db, study_id));
  INFERAD_TRY(const bool finished, is_finished(db, study_id));
  if (finished) return Error{Errc::refused, "reading of this study is finished: its report is final"};
  INFERAD_TRY_STATUS(
      db.run("UPDATE reading_start SET released_at = $1 WHERE study_id = $2 AND released_at IS NULL", now, study_id));
  if (db.changes() == 0) return Error{Errc::refused, "reading of this study has not started"};
  INFERAD_TRY_STATUS(withdraw_acknowledgements(db, study_id, kAcknowledgedByStart, now));
  return add_event(db, study_id, now, "put back on the list: reading had not started");
}

Status finish_reading(Database& db, std::int64_t study_id, const std::string& source, WallTime now) {
  INFERAD_TRY_STATUS(level_of(db, study_id));
  INFERAD_TRY_STATUS(
      db.run("INSERT INTO reading_finish (study_id, at, source) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", study_id,
             now, source));
  if (db.changes() == 0) return ok();
  INFERAD_TRY(const int acknowledged, acknowledge_criticals(db, study_id, "", kAcknowledgedByReport, now));
  static_cast<void>(acknowledged);
  return add_event(db, study_id, now, "reading finished: " + source);
}

Status reopen_reading(Database& db, std::int64_t study_id, const std::string& source, WallTime now) {
  INFERAD_TRY_STATUS(level_of(db, study_id));
  INFERAD_TRY_STATUS(db.run("UPDATE reading_finish SET retracted_at = $1 WHERE study_id = $2 AND retracted_at IS NULL",
                            now, study_id));
  if (db.changes() == 0) return Error{Errc::refused, "reading of this study is not finished"};
  INFERAD_TRY_STATUS(withdraw_acknowledgements(db, study_id, kAcknowledgedByReport, now));
  return add_event(db, study_id, now, "on the list again, its report was withdrawn: " + source);
}

Status Ledger::start_reading(std::int64_t study_id, const std::string& reader, WallTime now) {
  return impl_->write([&](Database& db) { return store::start_reading(db, study_id, reader, now); });
}

Status Ledger::finish_reading(std::int64_t study_id, const std::string& source, WallTime now) {
  return impl_->write([&](Database& db) { return store::finish_reading(db, study_id, source, now); });
}

Status Ledger::reopen_reading(std::int64_t study_id, const std::string& source, WallTime now) {
  return impl_->write([&](Database& db) { return store::reopen_reading(db, study_id, source, now); });
}

Status Ledger::release_reading(std::int64_t study_id, WallTime now) {
  return impl_->write([&](Database& db) { return store::release_reading(db, study_id, now); });
}

Result<std::optional<int>> Ledger::stat_starts(int reserve, WallTime now) {
  return impl_->read([&](Database& db) -> Result<std::optional<int>> {
    INFERAD_TRY(const auto recent,
                db.value<int>("SELECT 1 FROM reading_start WHERE released_at IS NULL AND at > $1 LIMIT 1",
                              now - Millis(kStartsRecent)));
    if (!recent) return std::optional<int>();
    INFERAD_TRY(const auto exception,
                db.value<std::int64_t>("SELECT id FROM reading_start WHERE released_at IS NULL AND level <> 0"
                                       " AND stat_waited <> 0 ORDER BY id DESC LIMIT 1"));
    // One above the reserve says as much as any more.
    INFERAD_TRY(const auto starts,
                db.value<int>("SELECT COUNT(*) FROM (SELECT 1 FROM reading_start WHERE released_at IS NULL AND"
                              " level = 0 AND id > $1 ORDER BY id DESC LIMIT $2)",
                              exception.value_or(0), exception ? reserve + 1 : 1));
    return std::optional(starts.value_or(0) + (exception ? 0 : reserve));
  });
}

Result<std::vector<ReadingRecord>> Ledger::readings(WallTime since) {
  return impl_->read([&](Database& db) -> Result<std::vector<ReadingRecord>> {
    std::vector<ReadingRecord> records;
    INFERAD_TRY_STATUS(db.each(
        "SELECT s.first_image_at, r.at, s.order_level, s.level,"
        " (SELECT MIN(d.decided_at) FROM decision d WHERE d.study_id = s.id AND d.level = s.level"
        "  AND (s.order_level IS NULL OR s.level < s.order_level)), s.id"
        " FROM reading_start r JOIN study s ON s.id = r.study_id WHERE r.released_at IS NULL AND r.at > $1"
        " ORDER BY s.first_image_at, s.study_uid",
        [&](Row& row) {
          ReadingRecord& record = records.emplace_back();
          std::optional<Level> order_level;
          row >> record.arrived_at >> record.started_at >> order_level >> record.level >> record.raised_at >>
              record.study_id;
          record.order_level = order_level.value_or(Level::routine);
        },
        since));
    return records;
  });
}

}  // namespace inferad::store
