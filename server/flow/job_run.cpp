// SPDX-License-Identifier: Apache-2.0
#include "server/flow/job_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/base/crash_point.h"
#include "server/base/durable.h"
#include "server/base/log.h"
#include "server/flow/findings_summary.h"
#include "server/flow/persist.h"
#include "server/flow/way.h"
#include "server/worklist/raise_alarm.h"

namespace inferad::flow {
namespace {

constexpr int kAttemptsMax = 2;  // then the study may be poison: a human has to look
constexpr std::chrono::seconds kFailureDeadline{60};
constexpr Millis kRetryWait{1000}, kUnavailableWait{3000}, kDiskWait{5000};

constexpr std::array<std::pair<std::string_view, Stage>, 5> kStages{{{"load", Stage::load},
                                                                     {"prepare", Stage::prepare},
                                                                     {"infer", Stage::infer},
                                                                     {"measure", Stage::measure},
                                                                     {"write", Stage::write}}};

double seconds_since(SteadyTime begin) { return std::chrono::duration<double>(steady_now() - begin).count(); }

bool is_plain_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

AiState state_of(WorkerResult::Outcome outcome) {
  return outcome == WorkerResult::Outcome::done ? AiState::done : AiState::not_analysed;
}

std::vector<store::Report> reports_among(const std::vector<StoredResult>& results) {
  std::vector<store::Report> reports;
  for (const auto& each : results)
    if (facts_of(each.kind).report && each.refused.empty())
      reports.push_back({each.object.kind, each.object.sop_instance_uid});
  return reports;
}

}  // namespace

JobRun::JobRun(const JobParts& parts, const config::Settings& settings, const std::string& device_serial,
               const store::JobLease& lease, const std::stop_token& stop)
    : parts_(parts),
      settings_(settings),
      device_serial_(device_serial),
      lease_(lease),
      stop_(stop),
      folder_(settings.data_folder / "jobs" / job_folder_name(lease)) {}

void JobRun::run(FreeWorker& worker) {
  if (!lease_.failure.empty()) return report_failure(worker);
  if (lease_.attempts == 1 && !lease_.findings_recorded) {
    const std::chrono::duration<double> waited = wall_now() - lease_.created_at;
    parts_.metrics.observe(Stage::queue, waited.count());
  }
  if (auto made = ensure_folder(); !made) return settle_error(made.error());
  crash_point("dispatch.folder_made");
  tell();
  const WorkerOrder order{lease_.id, lease_.pipeline, folder_, settings_.workers.deadline};
  const auto result = worker.run(order, *this, stop_);
  end_stage();
  if (!result) return settle_error(result.error());
  if (result->outcome == WorkerResult::Outcome::failed) return try_again_or_fail(result->reason);
  finish(*result);
}

Status JobRun::ensure_folder() const {
  return ensure_job_folder(
      folder_, lease_, parts_.spool,
      {config::timezone_offset(settings_.site, lease_.created_at), device_serial_, settings_.site.institution,
       kinds_wanted(settings_.results), encodings_wanted(settings_.results), settings_.segmentation.full_masks});
}

void JobRun::progress(const std::string& stage, double fraction) {
  if (!sent_) crash_point("dispatch.job_sent");  // the worker has begun
  sent_ = true;
  if (stage != stage_) {
    end_stage();
    stage_ = stage;
    stage_began_ = steady_now();
  }
  parts_.ledger.set_progress(lease_.id, stage, fraction);
  tell();
}

void JobRun::end_stage() {
  for (const auto& [name, stage] : kStages) {
    if (name == stage_) parts_.metrics.observe(stage, seconds_since(stage_began_));
  }
  stage_.clear();
}

// The priority goes out before the result objects exist: seconds count here.
Status JobRun::findings_ready() {
  crash_point("dispatch.findings_seen");
  INFERAD_TRY(const auto text, read_file(folder_ / "findings.json", kFindingsBytesMax));
  INFERAD_TRY(auto findings, read_findings(text));
  if (findings.job != std::to_string(lease_.id) || findings.study_uid != lease_.study_uid ||
      findings.revision != lease_.revision || findings.pipeline != lease_.pipeline) {
    return Error{Errc::model, "findings.json belongs to another job"};
  }
  // Recorded once and for all: a failure is not, since another attempt may find more.
  if (findings.failed) return ok();
  const WallTime now = wall_now();
  INFERAD_TRY(const auto messages, messages_for(findings, now));
  INFERAD_TRY(const auto held_because, hold_reason(findings.proposal.has_value(), now));
  crash_point("dispatch.before_priority");
  INFERAD_TRY_STATUS(parts_.ledger.set_pipeline_version(lease_.id, findings.pipeline_version));
  INFERAD_TRY(const bool raised, persist(stop_, "findings_not_recorded", [&] {
                return parts_.ledger.record_findings(lease_.id, text, findings.proposal, messages, now, held_because,
                                                     is_critical(findings.proposal));
              }));
  crash_point("dispatch.after_priority");
  findings_seen_ = true;
  if (raised) parts_.bells.outbox.ring();
  const std::chrono::duration<double> took = now - lease_.created_at;
  if (findings.proposal && !lease_.findings_recorded) parts_.metrics.observe(Stage::priority, took.count());
  log::info("findings_recorded", {{"job", lease_.id},
                                  {"study", lease_.study_id},
                                  {"level", findings.proposal ? to_string(findings.proposal->level) : "none"},
                                  {"messages", raised ? messages.size() : 0}});
  tell();
  return ok();
}

bool JobRun::is_critical(const std::optional<PriorityDecision>& decision) const {
  const auto& critical = settings_.notices.critical;
  return decision && critical.acknowledge_within.count() > 0 && decision->level <= critical.least_level;
}

// Why a raise of this pipeline is not applied now; empty: it is.
Result<std::string> JobRun::hold_reason(bool asks, WallTime now) const {
  const auto& settings = settings_.worklist;
  if (!asks || settings.alarm_results == 0) return std::string();
  INFERAD_TRY(const auto rate, parts_.ledger.raise_rate(lease_.pipeline, settings.alarm_results));
  const bool held = worklist::holds(rate.held, rate.raises, rate.results,
                                    {settings.alarm_results, settings.alarm_share, settings.alarm_release_share});
  if (held != rate.held) {
    INFERAD_TRY_STATUS(parts_.ledger.set_hold(lease_.pipeline, held, now));
    log::write(held ? log::Level::error : log::Level::info, held ? "raises_held" : "raises_released",
               {{"pipeline", lease_.pipeline}, {"raises", rate.raises}, {"results", rate.results}});
  }
  if (!held) return std::string();
  return fmt::format("raises of {} are held, since {} of its latest {} results ask for one", lease_.pipeline,
                     rate.raises, rate.results);
}

// What is to be said of the decision. Whether it is said, the ledger decides when it takes the decision: other jobs of
// the study may raise it at the same time.
Result<std::vector<store::NewDelivery>> JobRun::messages_for(FindingsSummary& findings, WallTime now) const {
  std::vector<store::NewDelivery> messages;
  if (!findings.proposal || lease_.findings_recorded) return messages;
  findings.proposal->decided_at = now;
  INFERAD_TRY(auto notice, notice_about(parts_.ledger, lease_, *findings.proposal));
  notice.finding = findings.finding;
  return messages_about(notice, ways_of(settings_));
}

void JobRun::finish(const WorkerResult& result) {
  crash_point("dispatch.results_seen");
  if (!findings_seen_) {
    if (auto recorded = findings_ready(); !recorded) return settle_error(recorded.error());
  }
  const auto results = results_of(result);
  if (!results) return settle_error(results.error());
  const auto deliveries = addressed(settings_.results, *results);
  crash_point("dispatch.before_complete");
  const auto finished = persist(stop_, "job_not_finished", [&] {
    return parts_.ledger.finish_job(lease_.id, state_of(result.outcome), result.reason, deliveries, wall_now(),
                                    reports_among(*results));
  });
  if (!finished) return settle_error(finished.error());
  crash_point("dispatch.after_complete");
  parts_.bells.outbox.ring();
  const auto outcome = to_string(state_of(result.outcome));
  parts_.metrics.count(Counter::jobs, {outcome});
  log::info("job_finished", {{"job", lease_.id}, {"study", lease_.study_id}, {"outcome", outcome}});
  tell();
}

// A reader must be able to tell a failure from a study that nobody looked at. Made from the headers alone; when not
// even that works, the job has failed all the same.
void JobRun::report_failure(FreeWorker& worker) {
  std::vector<StoredResult> results;
  auto result = Result<WorkerResult>(WorkerResult{});
  if (auto made = ensure_folder(); made)
    result = worker.run({lease_.id, lease_.pipeline, folder_, kFailureDeadline, lease_.failure}, *this, stop_);
  else
    result = made.error();
  const bool stopped = stop_.stop_requested() || (!result && result.error().code == Errc::cancelled);
  if (stopped || (!result && result.error().code == Errc::unavailable)) {
    const auto returned =
        persist(stop_, "failure_report_not_returned", [&] { return parts_.ledger.return_failure_report(lease_.id); });
    if (!returned) log::error("failure_report_not_returned", {{"job", lease_.id}, {"error", returned.error().what}});
    return;
  }
  if (result) {
    if (auto found = results_of(*result); found) results = *std::move(found);
  }
  if (results.empty())
    log::warning("failure_not_reported",
                 {{"job", lease_.id}, {"error", result ? result->reason : result.error().what}});
  const auto reported = persist(stop_, "failure_report_not_recorded", [&] {
    return parts_.ledger.failure_reported(lease_.id, addressed(settings_.results, results), reports_among(results),
                                          wall_now());
  });
  if (!reported) log::error("failure_report_not_recorded", {{"job", lease_.id}, {"error", reported.error().what}});
  parts_.bells.outbox.ring();
  tell();
}

Result<std::vector<StoredResult>> JobRun::results_of(const WorkerResult& result) const {
  std::vector<StoredResult> results;
  for (const auto& [name, kind, beside, refused] : result.objects) {
    if (!refused.empty()) {
      log::error("result_refused", {{"job", lease_.id}, {"kind", to_string(kind)}, {"reason", refused}});
      results.push_back({kind, {}, beside, refused});
      continue;
    }
    if (!is_plain_name(name)) return Error{Errc::model, "the worker names a result outside the job folder"};
    std::error_code error;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(folder_ / name, error)))
      return Error{Errc::model, "the worker names a result that is not there"};
    INFERAD_TRY(const auto header, parts_.headers.read(folder_ / name));
    if (header.study_uid != lease_.study_uid) return Error{Errc::model, "a result belongs to another study"};
    const auto sop_class = facts_of(kind).sop_class_uid;
    if (!sop_class.empty() && header.sop_class_uid != sop_class)
      return Error{Errc::model, fmt::format("a result is no {} by its SOP class", to_string(kind))};
    const auto file = std::filesystem::path("jobs") / job_folder_name(lease_) / name;
    results.push_back({kind,
                       {std::string(to_string(kind)), file.string(), header.sop_class_uid, header.instance_uid,
                        header.transfer_syntax_uid},
                       beside});
  }
  return results;
}

// ---- ends that are none ---------------------------------------------------------------------------------------------

void JobRun::settle_error(const Error& error) {
  if (stop_.stop_requested() || error.code == Errc::cancelled) return give_back(false, Millis(0));
  switch (error.code) {
    case Errc::unavailable:
    case Errc::overload:
      return give_back(false, kUnavailableWait);
    case Errc::io:
      return give_back(false, kDiskWait);
    default:
      return try_again_or_fail(error.what);
  }
}

void JobRun::try_again_or_fail(const std::string& reason) {
  log::warning("job_attempt_failed", {{"job", lease_.id}, {"attempt", lease_.attempts}, {"reason", reason}});
  if (lease_.attempts < kAttemptsMax) return give_back(true, kRetryWait);
  fail(reason);
}

void JobRun::fail(const std::string& reason) {
  const auto failed =
      persist(stop_, "job_not_failed", [&] { return parts_.ledger.fail_job(lease_.id, reason, wall_now()); });
  if (!failed) log::error("job_not_failed", {{"job", lease_.id}, {"error", failed.error().what}});
  parts_.metrics.count(Counter::jobs, {to_string(AiState::failed)});
  log::error("job_failed", {{"job", lease_.id}, {"study", lease_.study_id}, {"attempts", lease_.attempts}});
  parts_.bells.jobs.ring();  // the report of it is due
  tell();
}

void JobRun::give_back(bool count_attempt, Millis wait) {
  const auto returned = persist(stop_, "job_not_returned",
                                [&] { return parts_.ledger.return_job(lease_.id, count_attempt, wall_now() + wait); });
  if (!returned) log::error("job_not_returned", {{"job", lease_.id}, {"error", returned.error().what}});
  tell();
}

void JobRun::tell() const {
  if (parts_.changed) parts_.changed(lease_.study_id);
}

}  // namespace inferad::flow
