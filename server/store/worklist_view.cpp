// SPDX-License-Identifier: Apache-2.0
// The reading worklist as the ledger sees it.
#include "server/store/worklist_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/store/ledger_impl.h"
#include "server/store/order_book.h"
#include "server/store/study_columns.h"

namespace inferad::store {
namespace {

const std::string kStudies =
    "SELECT s.id, s.study_uid, s.images, (SELECT COUNT(*) FROM series e WHERE e.study_id = s.id AND EXISTS ("
    "  SELECT 1 FROM instance i WHERE i.series_id = e.id AND i.disposition = 0)), s.first_image_at, s.last_image_at,"
    " s.complete_at, s.complete_reason, s.revision, s.order_level, s.level, s.rule, s.is_open, s.without_jobs,"
    " s.without_jobs_reason, s.patient_name, s.patient_id, s.birth_date, s.sex, s.age, s.accession_number, s.modality,"
    " s.body_part, s.study_description, s.study_date, s.study_time, s.institution, s.referring_physician, f.at,"
    " COALESCE(f.source, ''), r.at, COALESCE(r.reader, ''), COALESCE((SELECT h.reason FROM held_raise h WHERE "
    "h.study_id = s.id ORDER BY h.id DESC"
    "  LIMIT 1), '') FROM study s LEFT JOIN reading_start r ON r.study_id = s.id AND r.released_at IS NULL"
    " LEFT JOIN reading_finish f ON f.study_id = s.id AND f.retracted_at IS NULL ";
static_assert(static_cast<int>(Disposition::current) == 0);
const std::string kOrders =
    "SELECT j.study_id, j.joined, o.cancelled, o.location, o.placer_number, o.filler_number FROM order_study j"
    " JOIN imaging_order o ON o.id = j.order_id WHERE j.study_id ";
const std::string kDecisions =
    "SELECT study_id, level, reason, pipeline, pipeline_version, model_sha256, score_name, score, threshold, decided_at"
    " FROM decision WHERE study_id ";
const std::string kCriticals =
    "SELECT study_id, since, steps, acknowledged_at, acknowledged_by FROM critical WHERE study_id ";
const std::string kJobs =
    "SELECT j.id, j.study_id, j.state, j.reason FROM job j JOIN study s ON s.id = j.study_id"
    " WHERE j.revision = s.revision AND s.id ";

const std::string kLatestIds =
    "SELECT w.id FROM study w WHERE w.reading < 2 AND w.first_image_at IS NOT NULL"
    "  ORDER BY w.reading, w.last_image_at DESC LIMIT $1";
const std::string kLatest = "IN (" + kLatestIds + ") ";
const std::string kLatestStudies = kStudies + "WHERE s.id " + kLatest;
const std::string kLatestOrders = kOrders + kLatest + "ORDER BY o.id";
const std::string kLatestDecisions = kDecisions + kLatest + "ORDER BY id";
const std::string kLatestCriticals = kCriticals + kLatest + "ORDER BY since DESC";
const std::string kLatestJobs = kJobs + kLatest + "ORDER BY j.id";

const std::string kOneStudy = kStudies + "WHERE s.id = $1 AND s.first_image_at IS NOT NULL";
const std::string kOneOrders = kOrders + "= $1 ORDER BY o.id";
const std::string kOneDecisions = kDecisions + "= $1 ORDER BY id";
const std::string kOneCriticals = kCriticals + "= $1 ORDER BY since DESC";
const std::string kOneJobs = kJobs + "= $1 ORDER BY j.id";

struct JobState {
  AiState state = AiState::pending;
  std::string reason;
  double progress = 0;
};

struct StudyView {
  WorklistEntry entry;
  bool open = false;
  std::optional<AiState> without_jobs;
  std::string without_jobs_reason, held_raise;
  bool order_cancelled = false, order_not_joined = false;
  std::vector<JobState> jobs;  // of the latest revision
};

StudyView read_study(Row& row) {
  StudyView view;
  WorklistEntry& entry = view.entry;
  std::optional<Level> order_level;
  row >> entry.id >> entry.study_uid >> entry.instances >> entry.series >> entry.arrived_at >> entry.last_image_at >>
      entry.complete_at >> entry.complete_reason >> entry.revision >> order_level >> entry.level >> entry.rule >>
      view.open >> view.without_jobs >> view.without_jobs_reason;
  for (const StudyColumn& column : kStudyColumns) row >> entry.*column.field;
  row >> entry.reading_finished_at >> entry.reading_finished_by >> entry.reading_started_at >> entry.reading_by >>
      view.held_raise;
  entry.order_level = order_level.value_or(Level::routine);
  return view;
}

// What a reader should know first: something still runs; something failed; something was found; nobody looked.
int rank(AiState state) {
  switch (state) {
    case AiState::running:
      return 5;
    case AiState::pending:
      return 4;
    case AiState::failed:
      return 3;
    case AiState::done:
      return 2;
    default:
      return 1;
  }
}

// The decision the level came from: the most urgent, and of those the first.
const PriorityDecision* raising_decision(const WorklistEntry& entry) {
  const auto most = std::min_element(entry.decisions.begin(), entry.decisions.end(),
                                     [](const auto& a, const auto& b) { return a.level < b.level; });
  return most != entry.decisions.end() && most->level < entry.order_level ? &*most : nullptr;
}

void conclude(StudyView& view) {
  WorklistEntry& entry = view.entry;
  if (view.order_cancelled) entry.order_note = "order cancelled";
  if (view.order_not_joined) entry.order_note += fmt::format("{}{}", view.order_cancelled ? "; " : "", kOrderNotJoined);
  entry.ai_state = view.without_jobs.value_or(AiState::pending);
  entry.ai_reason = view.without_jobs_reason;
  double progress = 0;
  for (const JobState& job : view.jobs) {
    if (&job == view.jobs.data() || rank(job.state) > rank(entry.ai_state)) {
      entry.ai_state = job.state;
      entry.ai_reason = job.reason;
    }
    progress += job.progress;
  }
  if (!view.jobs.empty()) entry.progress = progress / static_cast<double>(view.jobs.size());
  if (view.open) {
    entry.ai_state = AiState::receiving;
    entry.ai_reason.clear();
    entry.progress = 0;
  }
  if (!view.held_raise.empty() && entry.level == entry.order_level) entry.ai_reason = "not raised: " + view.held_raise;
  if (const auto* decision = raising_decision(entry))
    entry.ai_reason = decision->reason + (entry.ai_state == AiState::failed ? "; then failed: " + entry.ai_reason : "");
}

class StudyViews {
 public:
  StudyViews(Database& db, Ledger::Impl& impl) : db_(db), impl_(impl) {}

  struct Sql {
    std::string_view studies, orders, decisions, jobs, criticals;
  };
  template <class Arg>
  Status read(const Sql& sql, const Arg& arg) {
    using Add = void (StudyViews::*)(Row&);
    for (const auto& [text, add] : {std::pair<std::string_view, Add>(sql.studies, &StudyViews::add_study),
                                    {sql.orders, &StudyViews::add_order},
                                    {sql.decisions, &StudyViews::add_decision},
                                    {sql.jobs, &StudyViews::add_job},
                                    {sql.criticals, &StudyViews::add_critical}}) {
      INFERAD_TRY_STATUS(db_.each(
          text, [this, add = add](Row& row) { (this->*add)(row); }, arg));
    }
    for (StudyView& view : views_) conclude(view);
    return ok();
  }
  std::vector<WorklistEntry> take() {
    std::vector<WorklistEntry> entries;
    entries.reserve(views_.size());
    for (StudyView& view : views_) entries.push_back(std::move(view.entry));
    return entries;
  }

 private:
  void add_study(Row& row) {
    views_.push_back(read_study(row));
    index_[views_.back().entry.id] = views_.size() - 1;
  }
  // In order of their ids: of those joined, the first that says something.
  void add_order(Row& row) {
    std::int64_t study_id = 0;
    bool joined = false, cancelled = false;
    std::string location, placer, filler;
    row >> study_id >> joined >> cancelled >> location >> placer >> filler;
    StudyView* const view = find(study_id);
    if (view == nullptr) return;
    view->order_cancelled |= joined && cancelled;
    view->order_not_joined |= !joined;
    if (!joined) return;
    const auto take_first = [](std::string& into, std::string& text) {
      if (into.empty()) into = std::move(text);
    };
    take_first(view->entry.patient_location, location);
    take_first(view->entry.placer_order_number, placer);
    take_first(view->entry.filler_order_number, filler);
  }
  void add_decision(Row& row) {
    std::int64_t study_id = 0;
    PriorityDecision decision;
    row >> study_id >> decision.level >> decision.reason >> decision.pipeline >> decision.pipeline_version >>
        decision.model_sha256 >> decision.score_name >> decision.score >> decision.threshold >> decision.decided_at;
    if (StudyView* const view = find(study_id)) view->entry.decisions.push_back(std::move(decision));
  }
  void add_job(Row& row) {
    std::int64_t job_id = 0, study_id = 0;
    JobState job;
    row >> job_id >> study_id >> job.state >> job.reason;
    const bool waits = job.state == AiState::pending || job.state == AiState::running;
    job.progress = waits ? impl_.progress_of(job_id).fraction : 1.0;
    if (StudyView* const view = find(study_id)) view->jobs.push_back(std::move(job));
  }
  // Latest first: of those that wait, the oldest stays.
  void add_critical(Row& row) {
    std::int64_t study_id = 0;
    WallTime since{};
    int steps = 0;
    std::optional<WallTime> acknowledged_at;
    std::string acknowledged_by;
    row >> study_id >> since >> steps >> acknowledged_at >> acknowledged_by;
    StudyView* const view = find(study_id);
    if (view == nullptr) return;
    auto& entry = view->entry;
    if (!acknowledged_at) {
      entry.critical_since = since;
      entry.critical_steps = steps;
    } else if (!entry.acknowledged_at || *acknowledged_at > *entry.acknowledged_at) {
      entry.acknowledged_at = acknowledged_at;
      entry.acknowledged_by = acknowledged_by;
    }
  }
  StudyView* find(std::int64_t study_id) {
    const auto found = index_.find(study_id);
    return found == index_.end() ? nullptr : &views_[found->second];
  }

  Database& db_;
  Ledger::Impl& impl_;
  std::vector<StudyView> views_;
  std::map<std::int64_t, std::size_t> index_;  // study id → place in views_
};

}  // namespace

Result<std::vector<WorklistEntry>> latest_studies(Database& db, Ledger::Impl& impl, int studies_max) {
  StudyViews views(db, impl);
  INFERAD_TRY_STATUS(
      views.read({kLatestStudies, kLatestOrders, kLatestDecisions, kLatestJobs, kLatestCriticals}, studies_max));
  return views.take();
}

std::vector<std::string_view> worklist_statements() {
  return {kLatestStudies, kLatestOrders, kLatestDecisions, kLatestJobs, kLatestCriticals};
}

Result<std::vector<std::int64_t>> latest_ids(Database& db, int studies_max) {
  std::vector<std::int64_t> ids;
  INFERAD_TRY_STATUS(db.each(
      kLatestIds, [&](Row& row) { row >> ids.emplace_back(); }, studies_max));
  return ids;
}

Result<std::optional<WorklistEntry>> one_study(Database& db, Ledger::Impl& impl, std::int64_t study_id) {
  StudyViews views(db, impl);
  INFERAD_TRY_STATUS(views.read({kOneStudy, kOneOrders, kOneDecisions, kOneJobs, kOneCriticals}, study_id));
  auto found = views.take();
  if (found.empty()) return std::optional<WorklistEntry>();
  return std::optional<WorklistEntry>(std::move(found.front()));
}

}  // namespace inferad::store
