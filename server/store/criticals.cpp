// SPDX-License-Identifier: Apache-2.0
#include "server/store/criticals.h"

#include <fmt/format.h>

#include "server/store/ledger_impl.h"

namespace inferad::store {
namespace {

constexpr const char* kOpen =
    "SELECT c.job_id, c.study_id, s.study_uid, j.pipeline, j.series_json, j.revision, j.created_at, c.since, c.steps,"
    " c.last_step_at, d.level, d.reason, d.pipeline, d.pipeline_version, d.model_sha256, d.score_name, d.score,"
    " d.threshold, d.decided_at FROM critical c JOIN study s ON s.id = c.study_id JOIN job j ON j.id = c.job_id"
    " JOIN decision d ON d.job_id = c.job_id WHERE c.acknowledged_at IS NULL ORDER BY c.since, c.job_id";

CriticalFinding read_finding(Row& row) {
  CriticalFinding finding;
  auto& job = finding.job;
  auto& decision = finding.decision;
  row >> job.id >> job.study_id >> job.study_uid >> job.pipeline >> job.series_json >> job.revision >> job.created_at >>
      finding.since >> finding.steps >> finding.last_step_at >> decision.level >> decision.reason >>
      decision.pipeline >> decision.pipeline_version >> decision.model_sha256 >> decision.score_name >>
      decision.score >> decision.threshold >> decision.decided_at;
  return finding;
}

}  // namespace

// Of one pipeline once a study: a later revision finds the same again.
Status open_critical(Database& db, std::int64_t study_id, std::int64_t job_id, WallTime now) {
  INFERAD_TRY_STATUS(
      db.run("INSERT INTO critical (job_id, study_id, since) SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM critical"
             " c JOIN job j ON j.id = c.job_id JOIN job n ON n.id = $1 WHERE c.study_id = $2 AND j.pipeline ="
             " n.pipeline)",
             job_id, study_id, now));
  return db.changes() == 0 ? ok() : add_event(db, study_id, now, "critical finding: waits to be acknowledged");
}

Result<int> acknowledge_criticals(Database& db, std::int64_t study_id, const std::string& reader, std::string_view how,
                                  WallTime now) {
  INFERAD_TRY_STATUS(
      db.run("UPDATE critical SET acknowledged_at = $1, acknowledged_by = $2, how = $3 WHERE study_id = $4"
             " AND acknowledged_at IS NULL",
             now, reader, how, study_id));
  const int count = db.changes();
  if (count > 0)
    INFERAD_TRY_STATUS(
        add_event(db, study_id, now,
                  fmt::format("critical finding acknowledged{}{}: {}", reader.empty() ? "" : " by ", reader, how)));
  return count;
}

Status withdraw_acknowledgements(Database& db, std::int64_t study_id, std::string_view how, WallTime now) {
  INFERAD_TRY_STATUS(db.run(
      "UPDATE critical SET acknowledged_at = NULL, acknowledged_by = '', how = '' WHERE study_id = $1 AND how = $2",
      study_id, how));
  return db.changes() == 0 ? ok() : add_event(db, study_id, now, "critical finding: waits to be acknowledged again");
}

Result<std::vector<CriticalFinding>> CriticalLedger::open() {
  return ledger_.impl_->read([](Database& db) -> Result<std::vector<CriticalFinding>> {
    std::vector<CriticalFinding> findings;
    INFERAD_TRY_STATUS(db.each(kOpen, [&](Row& row) { findings.push_back(read_finding(row)); }));
    return findings;
  });
}

Status CriticalLedger::escalate(std::int64_t job_id, int step, const std::string& what,
                                std::span<const NewDelivery> messages, WallTime now) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    INFERAD_TRY_STATUS(
        db.run("UPDATE critical SET steps = $1, last_step_at = $2 WHERE job_id = $3 AND steps = $4"
               " AND acknowledged_at IS NULL",
               step, now, job_id, step - 1));
    if (db.changes() == 0) return Error{Errc::refused, "acknowledged, or this step was made"};
    INFERAD_TRY(const auto study_id, db.value<std::int64_t>("SELECT study_id FROM critical WHERE job_id = $1", job_id));
    INFERAD_TRY_STATUS(add_deliveries(db, *study_id, job_id, messages, now));
    return add_event(db, *study_id, now, what);
  });
}

Status CriticalLedger::acknowledge(std::int64_t study_id, const std::string& reader, WallTime now) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const auto known,
                db.value<int>("SELECT 1 FROM study WHERE id = $1 AND first_image_at IS NOT NULL", study_id));
    if (!known) return no_such("study");
    INFERAD_TRY(const int count, acknowledge_criticals(db, study_id, reader, kAcknowledgedByHand, now));
    return count > 0 ? ok() : Status(Error{Errc::refused, "nothing of this study waits to be acknowledged"});
  });
}

Result<CriticalCounts> CriticalLedger::counts() {
  return ledger_.impl_->read([](Database& db) -> Result<CriticalCounts> {
    CriticalCounts counts;
    INFERAD_TRY_STATUS(
        db.each("SELECT COUNT(*), COALESCE(SUM(steps > 0), 0), MIN(since) FROM critical WHERE acknowledged_at IS NULL",
                [&](Row& row) { row >> counts.waiting >> counts.escalated >> counts.oldest_at; }));
    std::int64_t milliseconds = 0;
    INFERAD_TRY_STATUS(
        db.each("SELECT COUNT(*), COALESCE(SUM(MAX(acknowledged_at - since, 0)), 0) FROM critical WHERE "
                "acknowledged_at IS NOT NULL",
                [&](Row& row) { row >> counts.acknowledged >> milliseconds; }));
    counts.acknowledge_time = Millis(milliseconds);
    INFERAD_TRY(const auto held, db.value<int>("SELECT COUNT(*) FROM hold"));
    counts.pipelines_held = held.value_or(0);
    return counts;
  });
}

}  // namespace inferad::store
