// SPDX-License-Identifier: Apache-2.0
// The dispatcher's part of the ledger: pending → running → done, not_analysed or failed.
#include <fmt/format.h>

#include "server/store/ledger_impl.h"

namespace inferad::store {
namespace {

enum class FailureReport { none, due, making };

struct JobRow {
  std::int64_t id = 0, study_id = 0;
  std::string pipeline;
  int revision = 0, attempts = 0;
  AiState state = AiState::pending;
  std::optional<WallTime> findings_at;
  FailureReport failure_report = FailureReport::none;
  bool joins = false;

  bool ended() const { return state != AiState::pending && state != AiState::running; }
};

Result<JobRow> job_row(Database& db, std::int64_t job_id) {
  JobRow job;
  INFERAD_TRY_STATUS(db.each(
      "SELECT id, study_id, pipeline, revision, attempts, state, findings_at, failure_report, joins FROM job WHERE id "
      "= $1",
      [&](Row& row) {
        row >> job.id >> job.study_id >> job.pipeline >> job.revision >> job.attempts >> job.state >> job.findings_at >>
            job.failure_report >> job.joins;
      },
      job_id));
  if (job.id == 0) return no_such("job");
  return job;
}

// Revisions of one pipeline run one after the other, so that a later one knows the report it supersedes. A job with
// which the node died runs alone: when it is the next one, nothing starts until the others have ended. One that joins
// waits for those of its revision that do not.
Result<std::optional<JobLease>> next_job(Database& db, WallTime now) {
  std::optional<JobLease> lease;
  bool others_run = false;
  INFERAD_TRY_STATUS(db.each(
      "SELECT j.id, j.study_id, s.study_uid, j.pipeline, j.series_json, j.revision, j.run, j.attempts, j.created_at,"
      " j.findings_at IS NOT NULL, j.node_deaths > 0 AND EXISTS (SELECT 1 FROM job r WHERE r.state = $1)"
      " FROM job j JOIN study s ON s.id = j.study_id"
      " WHERE j.state = $2 AND (j.not_before <= $3 OR j.not_before > $4) AND NOT EXISTS ("
      "  SELECT 1 FROM job e WHERE e.study_id = j.study_id AND e.pipeline = j.pipeline AND e.revision < j.revision"
      "  AND e.state IN ($2, $1)) AND (j.joins = 0 OR NOT EXISTS (SELECT 1 FROM job o WHERE o.study_id = j.study_id"
      "  AND o.revision = j.revision AND o.joins = 0 AND o.state IN ($2, $1))) AND NOT EXISTS (SELECT 1 FROM job r "
      "WHERE r.state = $1 AND r.node_deaths > 0)"
      " ORDER BY s.level, s.first_image_at, j.id LIMIT 1",
      [&](Row& row) {
        lease.emplace();
        row >> lease->id >> lease->study_id >> lease->study_uid >> lease->pipeline >> lease->series_json >>
            lease->revision >> lease->run >> lease->attempts >> lease->created_at >> lease->findings_recorded >>
            others_run;
      },
      AiState::running, AiState::pending, now, now + Millis(kWaitMaxMs)));
  if (others_run) lease.reset();
  return lease;
}

// A failed job of which a report is to be made.
Result<std::optional<JobLease>> next_failure(Database& db) {
  std::optional<JobLease> lease;
  INFERAD_TRY_STATUS(db.each(
      "SELECT j.id, j.study_id, s.study_uid, j.pipeline, j.series_json, j.revision, j.run, j.attempts, j.created_at,"
      " j.findings_at IS NOT NULL, j.reason FROM job j JOIN study s ON s.id = j.study_id WHERE j.failure_report = 1"
      " ORDER BY s.level, j.id LIMIT 1",
      [&](Row& row) {
        lease.emplace();
        row >> lease->id >> lease->study_id >> lease->study_uid >> lease->pipeline >> lease->series_json >>
            lease->revision >> lease->run >> lease->attempts >> lease->created_at >> lease->findings_recorded >>
            lease->failure;
        if (lease->failure.empty()) lease->failure = "no reason was told";
      }));
  return lease;
}

Status set_failure_report(Database& db, std::int64_t job_id, FailureReport state) {
  return db.run("UPDATE job SET failure_report = $1 WHERE id = $2", state, job_id);
}

// The reports of the revision before and, when it runs again, of its own earlier runs and failures. A report of a
// failure names no other failure of the job: the same failure again is the same report.
Result<std::vector<Report>> predecessors(Database& db, const JobLease& lease) {
  const std::int64_t own = lease.failure.empty() ? lease.id : 0;
  std::vector<Report> reports;
  INFERAD_TRY_STATUS(db.each(
      "SELECT r.kind, r.sop_instance_uid FROM report r JOIN job j ON j.id = r.job_id"
      " WHERE (j.study_id = $1 AND j.pipeline = $2 AND j.revision = (SELECT MAX(p.revision) FROM job p"
      "  JOIN report q ON q.job_id = p.id WHERE p.study_id = $1 AND p.pipeline = $2 AND p.revision < $3)) OR j.id = $4"
      " ORDER BY r.sop_instance_uid",
      [&](Row& row) {
        auto& report = reports.emplace_back();
        row >> report.kind >> report.sop_instance_uid;
      },
      lease.study_id, lease.pipeline, lease.revision, own));
  return reports;
}

// What a job that joins gets; none for others.
Result<std::vector<EndedJob>> inputs_of(Database& db, const JobLease& lease) {
  std::vector<EndedJob> inputs;
  INFERAD_TRY_STATUS(db.each(
      "SELECT o.id, o.pipeline, o.reason, o.findings_at IS NOT NULL FROM job o JOIN job j ON j.id = $1"
      " WHERE j.joins = 1 AND o.study_id = j.study_id AND o.revision = j.revision AND o.joins = 0 ORDER BY o.id",
      [&](Row& row) {
        auto& input = inputs.emplace_back();
        row >> input.id >> input.pipeline >> input.reason >> input.findings;
      },
      lease.id));
  return inputs;
}

// True: it makes the study more urgent.
Result<bool> add_decision(Database& db, const JobRow& job, const PriorityDecision& decision, WallTime now) {
  INFERAD_TRY_STATUS(
      db.run("INSERT INTO decision (job_id, study_id, level, reason, pipeline, pipeline_version, model_sha256, "
             "score_name, score,"
             " threshold, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
             // Of a join that runs again: what raised the study stays why it is raised.
             " ON CONFLICT (job_id) DO UPDATE SET level = $3, reason = $4, pipeline_version = $6, model_sha256 = $7,"
             " score_name = $8, score = $9, threshold = $10, decided_at = $11 WHERE level >= $3",
             job.id, job.study_id, decision.level, decision.reason, decision.pipeline, decision.pipeline_version,
             decision.model_sha256, decision.score_name, decision.score, decision.threshold,
             decision.decided_at == WallTime{} ? now : decision.decided_at));
  INFERAD_TRY(const auto before, db.value<Level>("SELECT level FROM study WHERE id = $1", job.study_id));
  INFERAD_TRY_STATUS(db.run("UPDATE study SET ai_level = $1 WHERE id = $2 AND (ai_level IS NULL OR ai_level > $1)",
                            decision.level, job.study_id));
  INFERAD_TRY_STATUS(update_level(db, job.study_id));
  const bool raised = before && decision.level < *before;
  INFERAD_TRY_STATUS(
      add_event(db, job.study_id, now,
                fmt::format("priority {} {}: {}", raised ? "raised to" : "asked for, stays:",
                            to_string(raised ? decision.level : before.value_or(decision.level)), decision.reason)));
  return raised;
}

Status hold_decision(Database& db, const JobRow& job, const PriorityDecision& decision, const std::string& because,
                     WallTime now) {
  const auto reason = fmt::format("{}; asked for {}: {}", because, to_string(decision.level), decision.reason);
  INFERAD_TRY_STATUS(
      db.run("INSERT INTO held_raise (job_id, study_id, level, reason, at) VALUES ($1, $2, $3, $4, $5)"
             " ON CONFLICT (job_id) DO UPDATE SET level = $3, reason = $4, at = $5",
             job.id, job.study_id, decision.level, reason, now));
  return add_event(db, job.study_id, now, "priority not raised: " + reason);
}

// Whether the decision is more urgent than what the study has.
Result<bool> would_raise(Database& db, const JobRow& job, const PriorityDecision& decision) {
  INFERAD_TRY(const auto level, db.value<Level>("SELECT level FROM study WHERE id = $1", job.study_id));
  return level && decision.level < *level;
}

std::string_view outcome_text(AiState outcome) {
  if (outcome == AiState::done) return "analysis finished";
  return outcome == AiState::failed ? "analysis failed" : "not analysed";
}

Status end_job(Database& db, const JobRow& job, AiState outcome, const std::string& reason, WallTime now) {
  INFERAD_TRY_STATUS(
      db.run("UPDATE job SET state = $1, reason = $2, finished_at = $3, failure_report = $4 WHERE id = $5", outcome,
             reason, now, outcome == AiState::failed ? FailureReport::due : FailureReport::none, job.id));
  return add_event(db, job.study_id, now,
                   fmt::format("{}: {}{}{}", job.pipeline, outcome_text(outcome), reason.empty() ? "" : ": ", reason));
}

Status add_reports(Database& db, const JobRow& job, const std::vector<Report>& reports) {
  for (const auto& report : reports)
    INFERAD_TRY_STATUS(
        db.run("INSERT INTO report (job_id, sop_instance_uid, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", job.id,
               report.sop_instance_uid, report.kind));
  return ok();
}

// What an operator had tried again ended after what joins it, which knew it as failed: the join runs again. Its earlier
// decision and reports stay, the new report supersedes them.
Status run_joins_again(Database& db, const JobRow& input, WallTime now) {
  std::vector<std::pair<std::int64_t, std::string>> joins;
  INFERAD_TRY_STATUS(db.each(
      "SELECT j.id, j.pipeline FROM job j WHERE j.study_id = $1 AND j.revision = $2 AND j.joins = 1"
      " AND j.state NOT IN ($3, $4) AND NOT EXISTS (SELECT 1 FROM job n WHERE n.study_id = j.study_id"
      "  AND n.pipeline = j.pipeline AND n.revision > j.revision)",
      [&](Row& row) {
        auto& [id, pipeline] = joins.emplace_back();
        row >> id >> pipeline;
      },
      input.study_id, input.revision, AiState::pending, AiState::running));
  for (const auto& [id, pipeline] : joins) {
    INFERAD_TRY_STATUS(
        db.run("UPDATE job SET state = $1, run = run + 1, reason = '', attempts = 0, node_deaths = 0, not_before = 0,"
               " failure_report = 0, started_at = NULL, findings_at = NULL, findings_json = '', finished_at = NULL"
               " WHERE id = $2",
               AiState::pending, id));
    INFERAD_TRY_STATUS(add_event(db, input.study_id, now,
                                 fmt::format("{} runs again, since {} has ended now", pipeline, input.pipeline)));
  }
  return ok();
}

}  // namespace

Result<int> recover_jobs(Database& db, WallTime now) {
  // Once: it may be what the node died of.
  INFERAD_TRY_STATUS(db.run("UPDATE job SET failure_report = $1 WHERE failure_report = $2", FailureReport::none,
                            FailureReport::making));
  INFERAD_TRY_STATUS(
      db.run("UPDATE job SET state = $1, attempts = attempts - 1, node_deaths = node_deaths + 1 WHERE state = $2",
             AiState::pending, AiState::running));
  std::vector<std::int64_t> suspects;
  INFERAD_TRY_STATUS(db.each(
      "SELECT id FROM job WHERE state = $1 AND node_deaths >= $2", [&](Row& row) { row >> suspects.emplace_back(); },
      AiState::pending, Ledger::kNodeDeathsMax));
  for (const auto id : suspects) {
    INFERAD_TRY(const JobRow job, job_row(db, id));
    INFERAD_TRY_STATUS(end_job(db, job, AiState::failed,
                               fmt::format("the node died {} times while this ran", Ledger::kNodeDeathsMax), now));
  }
  return static_cast<int>(suspects.size());
}

Result<bool> Ledger::job_waits(WallTime now) {
  return impl_->read([&](Database& db) -> Result<bool> {
    INFERAD_TRY(const auto failure, next_failure(db));
    if (failure) return true;
    INFERAD_TRY(const auto job, next_job(db, now));
    return job.has_value();
  });
}

Result<std::optional<JobLease>> Ledger::lease_job(WallTime now) {
  return impl_->write([&](Database& db) -> Result<std::optional<JobLease>> {
    INFERAD_TRY(auto lease, next_failure(db));
    if (!lease) {
      INFERAD_TRY(lease, next_job(db, now));
    }
    if (!lease) return lease;
    INFERAD_TRY(lease->predecessors, predecessors(db, *lease));
    INFERAD_TRY(lease->inputs, inputs_of(db, *lease));
    if (!lease->failure.empty()) {
      INFERAD_TRY_STATUS(set_failure_report(db, lease->id, FailureReport::making));
      return lease;
    }
    ++lease->attempts;
    INFERAD_TRY_STATUS(db.run("UPDATE job SET state = $1, attempts = $2, started_at = $3 WHERE id = $4",
                              AiState::running, lease->attempts, now, lease->id));
    INFERAD_TRY_STATUS(add_event(
        db, lease->study_id, now,
        fmt::format("{} started, revision {}, attempt {}", lease->pipeline, lease->revision, lease->attempts)));
    return lease;
  });
}

Status Ledger::set_pipeline_version(std::int64_t job_id, const std::string& version) {
  return impl_->write([&](Database& db) -> Status {
    INFERAD_TRY_STATUS(db.run("UPDATE job SET pipeline_version = $1 WHERE id = $2", version, job_id));
    return db.changes() == 1 ? ok() : Status(no_such("job"));
  });
}

Result<bool> Ledger::record_findings(std::int64_t job_id, const std::string& findings_json,
                                     const std::optional<PriorityDecision>& decision,
                                     std::span<const NewDelivery> messages, WallTime now,
                                     const std::string& held_because, bool critical) {
  return impl_->write([&](Database& db) -> Result<bool> {
    INFERAD_TRY(const JobRow job, job_row(db, job_id));
    if (job.findings_at) return false;
    if (job.ended()) return Error{Errc::refused, fmt::format("job {} has ended", job_id)};
    INFERAD_TRY_STATUS(
        db.run("UPDATE job SET findings_json = $1, findings_at = $2 WHERE id = $3", findings_json, now, job_id));
    INFERAD_TRY_STATUS(add_event(db, job.study_id, now, job.pipeline + ": findings recorded"));
    if (!decision) return false;
    INFERAD_TRY(const bool raises, would_raise(db, job, *decision));
    if (raises && !held_because.empty()) {
      INFERAD_TRY_STATUS(hold_decision(db, job, *decision, held_because, now));
      return false;
    }
    INFERAD_TRY(const bool raised, add_decision(db, job, *decision, now));
    INFERAD_TRY(const bool finished, is_finished(db, job.study_id));
    if (critical && !finished) INFERAD_TRY_STATUS(open_critical(db, job.study_id, job.id, now));
    if (raised && finished)
      INFERAD_TRY_STATUS(add_event(db, job.study_id, now, "nobody is told: the report was already final"));
    if (!raised || finished) return false;
    INFERAD_TRY_STATUS(add_deliveries(db, job.study_id, job.id, messages, now));
    return true;
  });
}

Status Ledger::finish_job(std::int64_t job_id, AiState outcome, const std::string& reason,
                          std::span<const NewDelivery> deliveries, WallTime now, const std::vector<Report>& reports) {
  INFERAD_CHECK(outcome == AiState::done || outcome == AiState::not_analysed || outcome == AiState::failed);
  impl_->forget_progress(job_id);
  return impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const JobRow job, job_row(db, job_id));
    if (job.ended()) return ok();
    INFERAD_TRY_STATUS(end_job(db, job, outcome, reason, now));
    INFERAD_TRY_STATUS(add_reports(db, job, reports));
    if (!job.joins && outcome != AiState::failed) INFERAD_TRY_STATUS(run_joins_again(db, job, now));
    return add_deliveries(db, job.study_id, job.id, deliveries, now);
  });
}

Status Ledger::fail_job(std::int64_t job_id, const std::string& reason, WallTime now) {
  return finish_job(job_id, AiState::failed, reason, {}, now);
}

Status Ledger::failure_reported(std::int64_t job_id, std::span<const NewDelivery> deliveries,
                                const std::vector<Report>& reports, WallTime now) {
  return impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const JobRow job, job_row(db, job_id));
    if (job.failure_report != FailureReport::making) return ok();
    INFERAD_TRY_STATUS(set_failure_report(db, job_id, FailureReport::none));
    INFERAD_TRY_STATUS(add_reports(db, job, reports));
    INFERAD_TRY_STATUS(add_deliveries(db, job.study_id, job.id, deliveries, now));
    return add_event(db, job.study_id, now,
                     fmt::format("{}: {} of the failure", job.pipeline, reports.empty() ? "no report" : "report"));
  });
}

Status Ledger::return_failure_report(std::int64_t job_id) {
  return impl_->write([&](Database& db) -> Status {
    return db.run("UPDATE job SET failure_report = $1 WHERE id = $2 AND failure_report = $3", FailureReport::due,
                  job_id, FailureReport::making);
  });
}

Status Ledger::return_job(std::int64_t job_id, bool count_attempt, std::optional<WallTime> not_before) {
  impl_->forget_progress(job_id);
  return impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const JobRow job, job_row(db, job_id));
    if (job.state == AiState::pending) return ok();
    if (job.ended()) return Error{Errc::refused, fmt::format("job {} has ended", job_id)};
    return db.run("UPDATE job SET state = $1, attempts = $2, not_before = $3 WHERE id = $4", AiState::pending,
                  job.attempts - (count_attempt ? 0 : 1), not_before.value_or(WallTime{}), job_id);
  });
}

Status Ledger::retry_job(std::int64_t job_id, WallTime now) {
  return impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const JobRow job, job_row(db, job_id));
    if (job.state != AiState::failed) return Error{Errc::refused, "only a failed job can be retried"};
    INFERAD_TRY(const auto later,
                db.value<int>("SELECT 1 FROM job WHERE study_id = $1 AND pipeline = $2 AND revision > $3", job.study_id,
                              job.pipeline, job.revision));
    if (later) return Error{Errc::refused, "a later revision of this job exists"};
    INFERAD_TRY(const auto joining,
                db.value<std::string>("SELECT pipeline FROM job WHERE study_id = $1 AND revision = $2 AND joins = 1"
                                      " AND state = $3",
                                      job.study_id, job.revision, AiState::running));
    if (joining && !job.joins)
      return Error{Errc::refused, fmt::format("{} joins its end just now: ask again when that has ended", *joining)};
    INFERAD_TRY_STATUS(db.run(
        "UPDATE job SET state = $1, reason = '', attempts = 0, node_deaths = 0, not_before = 0, failure_report = 0,"
        " finished_at = NULL WHERE id = $2",
        AiState::pending, job_id));
    return add_event(db, job.study_id, now, job.pipeline + ": retry asked for");
  });
}

}  // namespace inferad::store
