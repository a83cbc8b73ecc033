// SPDX-License-Identifier: Apache-2.0
// What pages and metrics read: worklist, one study, jobs, deliveries, counts.
#include <fmt/format.h>

#include <algorithm>

#include "server/store/ledger_impl.h"
#include "server/store/worklist_view.h"

namespace inferad::store {
namespace {

const std::string kJobs =
    "SELECT id, study_id, pipeline, pipeline_version, revision, state, reason, findings_json, attempts, created_at,"
    " started_at, findings_at, finished_at FROM job ";
const std::string kJobsOfStudy = kJobs + "WHERE study_id = $1 ORDER BY id";
const std::string kJobsNewest = kJobs + "ORDER BY id DESC LIMIT $1";

const std::string kDeliveries =
    "SELECT id, study_id, job_id, destination, kind, state, attempts, last_error, created_at, next_attempt_at,"
    " delivered_at FROM delivery ";
const std::string kDeliveriesOfStudy = kDeliveries + "WHERE study_id = $1 ORDER BY id";
const std::string kDeliveriesOpen = kDeliveries + "WHERE state <> 2 ORDER BY id DESC LIMIT $1";
const std::string kDeliveriesDone = kDeliveries + "WHERE state = 2 ORDER BY id DESC LIMIT $1";
static_assert(static_cast<int>(DeliveryState::delivered) == 2);

template <class... Args>
Result<std::vector<JobView>> read_jobs(Database& db, Ledger::Impl& impl, std::string_view sql, const Args&... args) {
  std::vector<JobView> jobs;
  INFERAD_TRY_STATUS(db.each(
      sql,
      [&](Row& row) {
        JobView& job = jobs.emplace_back();
        row >> job.id >> job.study_id >> job.pipeline >> job.pipeline_version >> job.revision >> job.state >>
            job.reason >> job.findings_json >> job.attempts >> job.created_at >> job.started_at >> job.findings_at >>
            job.finished_at;
      },
      args...));
  for (JobView& job : jobs) {
    if (job.state != AiState::running) continue;
    const Progress progress = impl.progress_of(job.id);
    job.stage = progress.stage;
    job.progress = progress.fraction;
  }
  return jobs;
}

template <class... Args>
Status read_deliveries(Database& db, std::vector<DeliveryView>& into, std::string_view sql, const Args&... args) {
  return db.each(
      sql,
      [&](Row& row) {
        DeliveryView& delivery = into.emplace_back();
        row >> delivery.id >> delivery.study_id >> delivery.job_id >> delivery.destination >> delivery.kind >>
            delivery.state >> delivery.attempts >> delivery.last_error >> delivery.created_at >>
            delivery.next_attempt_at >> delivery.delivered_at;
        if (delivery.state != DeliveryState::waiting || delivery.next_attempt_at == WallTime{})
          delivery.next_attempt_at.reset();
      },
      args...);
}

Status read_series(Database& db, StudyDetail& detail) {
  static_assert(static_cast<int>(Disposition::duplicate_conflict) == 2);
  return db.each(
      "SELECT series_uid, modality, description, excluded_because,"
      " (SELECT COUNT(*) FROM instance i WHERE i.series_id = series.id AND i.disposition <> 2)"
      " FROM series WHERE study_id = $1 ORDER BY id",
      [&](Row& row) {
        auto& series = detail.series.emplace_back();
        row >> series.uid >> series.modality >> series.description >> series.excluded_because >> series.instances;
      },
      detail.entry.id);
}

std::string objects(int count) { return count == 1 ? "1 object" : fmt::format("{} objects", count); }

// Events, and what is only counted: a study sent again must not write a line an object.
Status read_history(Database& db, StudyDetail& detail) {
  INFERAD_TRY_STATUS(db.each(
      "SELECT at, what FROM event WHERE study_id = $1 ORDER BY id",
      [&](Row& row) {
        auto& event = detail.history.emplace_back();
        row >> event.at >> event.what;
      },
      detail.entry.id));
  INFERAD_TRY_STATUS(db.each(
      "SELECT duplicates, last_duplicate_at, conflicts, last_conflict_at FROM study WHERE id = $1",
      [&](Row& row) {
        int duplicates = 0, conflicts = 0;
        std::optional<WallTime> duplicate_at, conflict_at;
        row >> duplicates >> duplicate_at >> conflicts >> conflict_at;
        if (duplicate_at) detail.history.push_back({*duplicate_at, objects(duplicates) + " received again, identical"});
        if (conflict_at)
          detail.history.push_back({*conflict_at, objects(conflicts) + " received again with other content: kept, "
                                                                       "the first stays current"});
      },
      detail.entry.id));
  std::stable_sort(detail.history.begin(), detail.history.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  return ok();
}

Status count_outbox(Database& db, LedgerCounts& counts) {
  return db.each(
      "SELECT destination, state, COUNT(*), MIN(created_at) FROM delivery WHERE state <> 2 GROUP BY destination, state",
      [&](Row& row) {
        std::string destination;
        DeliveryState state{};
        int count = 0;
        WallTime oldest{};
        row >> destination >> state >> count >> oldest;
        auto& outbox = counts.outbox[destination];
        if (state == DeliveryState::waiting) outbox.waiting = count;
        if (state == DeliveryState::sending) outbox.sending = count;
        if (state == DeliveryState::parked) outbox.parked = count;
        outbox.oldest_at = std::min(outbox.oldest_at.value_or(oldest), oldest);
      });
}

}  // namespace

Result<std::vector<WorklistEntry>> Ledger::worklist(int studies_max) {
  return impl_->read([&](Database& db) { return latest_studies(db, *impl_, studies_max); });
}

Result<std::shared_ptr<const StudiesOnList>> Ledger::listed() {
  return impl_->read_list([&](Database& db) {
    const StudyList::Reads reads{[&] { return latest_studies(db, *impl_, kListedMax); },
                                 [&] { return latest_ids(db, kListedMax); },
                                 [&](std::int64_t id) { return one_study(db, *impl_, id); }};
    return impl_->list.look(db, impl_->progress_of_all(), reads);
  });
}

Result<int> Ledger::unlisted(int studies_max) {
  return impl_->read([&](Database& db) -> Result<int> {
    INFERAD_TRY(const auto waiting,
                db.value<int>("SELECT COUNT(*) FROM study WHERE reading = 0 AND first_image_at IS NOT NULL"));
    return std::max(0, waiting.value_or(0) - studies_max);
  });
}

Result<std::optional<StudyDetail>> Ledger::study_detail(std::int64_t study_id) {
  return impl_->read([&](Database& db) -> Result<std::optional<StudyDetail>> {
    INFERAD_TRY(auto entry, one_study(db, *impl_, study_id));
    if (!entry) return std::optional<StudyDetail>();
    StudyDetail detail;
    detail.entry = std::move(*entry);
    INFERAD_TRY(detail.jobs, read_jobs(db, *impl_, kJobsOfStudy, study_id));
    INFERAD_TRY_STATUS(read_deliveries(db, detail.deliveries, kDeliveriesOfStudy, study_id));
    INFERAD_TRY_STATUS(read_series(db, detail));
    INFERAD_TRY_STATUS(read_history(db, detail));
    return std::optional<StudyDetail>(std::move(detail));
  });
}

Result<std::vector<JobView>> Ledger::jobs(int jobs_max) {
  return impl_->read([&](Database& db) { return read_jobs(db, *impl_, kJobsNewest, jobs_max); });
}

Result<std::vector<DeliveryView>> Ledger::deliveries(int deliveries_max) {
  return impl_->read([&](Database& db) -> Result<std::vector<DeliveryView>> {
    std::vector<DeliveryView> deliveries;
    INFERAD_TRY_STATUS(read_deliveries(db, deliveries, kDeliveriesOpen, deliveries_max));
    INFERAD_TRY_STATUS(
        read_deliveries(db, deliveries, kDeliveriesDone, deliveries_max - static_cast<int>(deliveries.size())));
    return deliveries;
  });
}

Result<LedgerCounts> Ledger::counts() {
  return impl_->read([](Database& db) -> Result<LedgerCounts> {
    LedgerCounts counts;
    INFERAD_TRY(const auto open, db.value<int>("SELECT COUNT(*) FROM study WHERE is_open = 1"));
    counts.open_studies = open.value_or(0);
    INFERAD_TRY(const auto waiting, db.value<int>("SELECT COUNT(*) FROM imaging_order WHERE waits = 1"));
    INFERAD_TRY(const auto joined, db.value<int>("SELECT COUNT(*) FROM order_study WHERE joined = 1"));
    INFERAD_TRY(const auto mismatched, db.value<int>("SELECT COUNT(*) FROM order_study WHERE joined = 0"));
    counts.orders_waiting = waiting.value_or(0);
    counts.orders_joined = joined.value_or(0);
    counts.orders_mismatched = mismatched.value_or(0);
    for (const AiState state : {AiState::pending, AiState::running, AiState::failed}) {
      INFERAD_TRY(const auto jobs, db.value<int>("SELECT COUNT(*) FROM job WHERE state = $1", state));
      counts.jobs[state] = jobs.value_or(0);
    }
    INFERAD_TRY_STATUS(count_outbox(db, counts));
    return counts;
  });
}

Result<std::map<std::string, std::int64_t>> Ledger::studies_by_rule() {
  return impl_->read([](Database& db) -> Result<std::map<std::string, std::int64_t>> {
    std::map<std::string, std::int64_t> studies;
    INFERAD_TRY_STATUS(db.each("SELECT rule, COUNT(*) FROM study WHERE rule <> '' GROUP BY rule", [&](Row& row) {
      std::string rule;
      row >> rule;
      row >> studies[rule];
    }));
    return studies;
  });
}

}  // namespace inferad::store
