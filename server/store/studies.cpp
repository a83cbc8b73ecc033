// SPDX-License-Identifier: Apache-2.0
// The clerk's part of the ledger: instances in, complete studies and jobs out.
#include <fmt/format.h>

#include "server/store/attribute_text.h"
#include "server/store/ledger_impl.h"
#include "server/store/recorder.h"

namespace inferad::store {
namespace {

Result<StudyContent> study_row(Database& db, std::int64_t study_id) {
  StudyContent study;
  std::optional<Level> order_level;
  std::optional<WallTime> first, last;
  INFERAD_TRY_STATUS(db.each(
      "SELECT id, study_uid, calling_ae, first_image_at, last_image_at, revision, is_open, order_level FROM study"
      " WHERE id = $1",
      [&](Row& row) {
        row >> study.id >> study.study_uid >> study.calling_ae >> first >> last >> study.revision >> study.open >>
            order_level;
      },
      study_id));
  if (study.id == 0) return no_such("study");
  study.first_image_at = first.value_or(WallTime{});
  study.last_image_at = last.value_or(WallTime{});
  study.order_level = order_level.value_or(Level::routine);
  return study;
}

struct SeriesRow {
  std::int64_t id = 0;
  ContentSeries series;
  Attributes attributes;
  std::string text;
};

Result<std::vector<SeriesRow>> series_rows(Database& db, std::int64_t study_id) {
  std::vector<SeriesRow> rows;
  INFERAD_TRY_STATUS(db.each(
      "SELECT id, series_uid, modality, attributes FROM series WHERE study_id = $1 ORDER BY id",
      [&](Row& row) {
        auto& added = rows.emplace_back();
        row >> added.id >> added.series.uid >> added.series.modality >> added.text;
      },
      study_id));
  for (auto& row : rows) {
    INFERAD_TRY(row.attributes, decode_attributes(row.text));
  }
  return rows;
}

Status read_instances(Database& db, SeriesRow& into) {
  std::vector<std::string> texts;
  INFERAD_TRY_STATUS(db.each(
      "SELECT spool_id, instance_uid, sop_class_uid, transfer_syntax_uid, frames, attributes FROM instance"
      " WHERE series_id = $1 AND disposition = $2 ORDER BY spool_id",
      [&](Row& row) {
        auto& added = into.series.instances.emplace_back();
        row >> added.spool_id >> added.instance_uid >> added.sop_class_uid >> added.transfer_syntax_uid >>
            added.frames >> texts.emplace_back();
      },
      into.id, Disposition::current));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    INFERAD_TRY(into.series.instances[i].attributes, decode_attributes(texts[i], into.attributes));
  }
  return ok();
}

// A job of an earlier revision that nobody started would only be superseded by this one at once.
Status supersede(Database& db, std::int64_t study_id, const std::string& pipeline, int revision, WallTime now) {
  return db.run(
      "UPDATE job SET state = $1, reason = $2, finished_at = $3 WHERE study_id = $4 AND pipeline = $5 AND revision < $6"
      " AND state = $7 AND attempts = 0 AND findings_at IS NULL",
      AiState::not_analysed, fmt::format("superseded by revision {} before it started", revision), now, study_id,
      pipeline, revision, AiState::pending);
}

Status add_jobs(Database& db, const StudyComplete& complete, int revision, WallTime now) {
  for (const NewJob& job : complete.jobs) {
    INFERAD_TRY_STATUS(supersede(db, complete.study_id, job.pipeline, revision, now));
    INFERAD_TRY_STATUS(
        db.run("INSERT INTO job (study_id, pipeline, revision, series_json, state, created_at, joins) VALUES ($1, $2, "
               "$3, $4, $5, $6, $7)",
               complete.study_id, job.pipeline, revision, job.series_json, AiState::pending, now, job.joins ? 1 : 0));
  }
  return ok();
}

Status set_excluded(Database& db, const StudyComplete& complete) {
  INFERAD_TRY_STATUS(db.run("UPDATE series SET excluded_because = '' WHERE study_id = $1", complete.study_id));
  for (const ExcludedSeries& series : complete.excluded)
    INFERAD_TRY_STATUS(db.run("UPDATE series SET excluded_because = $1 WHERE study_id = $2 AND series_uid = $3",
                              series.why, complete.study_id, series.uid));
  return ok();
}

std::string routed_text(const StudyComplete& complete) {
  std::string text = complete.rule.empty() ? std::string("no rule") : "rule " + complete.rule;
  if (complete.jobs.empty()) return text + ": " + complete.without_jobs_reason;
  for (const NewJob& job : complete.jobs) text += (&job == complete.jobs.data() ? ": " : ", ") + job.pipeline;
  return text;
}

}  // namespace

Result<std::vector<Recorded>> Ledger::record_instances(std::span<const ReceivedInstance> instances) {
  return impl_->write([&](Database& db) -> Result<std::vector<Recorded>> {
    std::vector<Recorded> recorded;
    recorded.reserve(instances.size());
    Recorder recorder(db);
    for (const ReceivedInstance& received : instances) {
      INFERAD_TRY(recorded.emplace_back(), recorder.add(received));
    }
    INFERAD_TRY_STATUS(recorder.finish());
    return recorded;
  });
}

Result<std::vector<std::int64_t>> Ledger::unrecorded(std::span<const std::int64_t> spool_ids) {
  return impl_->write([&](Database& db) -> Result<std::vector<std::int64_t>> {
    std::vector<std::int64_t> missing;
    for (const std::int64_t id : spool_ids) {
      INFERAD_TRY(const auto found, db.value<int>("SELECT 1 FROM instance WHERE spool_id = $1", id));
      if (!found) missing.push_back(id);
    }
    return missing;
  });
}

Result<std::vector<OpenStudy>> Ledger::open_studies() {
  return impl_->write([](Database& db) -> Result<std::vector<OpenStudy>> {
    std::vector<OpenStudy> studies;
    INFERAD_TRY_STATUS(db.each(
        "SELECT id, study_uid, calling_ae, first_image_at, last_image_at, images, revision FROM study WHERE is_open = 1"
        " ORDER BY id",
        [&](Row& row) {
          auto& added = studies.emplace_back();
          row >> added.id >> added.study_uid >> added.calling_ae >> added.first_image_at >> added.last_image_at >>
              added.instances >> added.revision;
        }));
    return studies;
  });
}

Result<StudyContent> Ledger::study_content(std::int64_t study_id) {
  return impl_->write([&](Database& db) -> Result<StudyContent> {
    INFERAD_TRY(StudyContent study, study_row(db, study_id));
    INFERAD_TRY(auto rows, series_rows(db, study_id));
    for (SeriesRow& row : rows) {
      INFERAD_TRY_STATUS(read_instances(db, row));
      if (!row.series.instances.empty()) study.series.push_back(std::move(row.series));
    }
    return study;
  });
}

Result<int> Ledger::complete_study(const StudyComplete& complete, WallTime now) {
  INFERAD_CHECK(complete.jobs.empty() == complete.without_jobs.has_value());
  return impl_->write([&](Database& db) -> Result<int> {
    INFERAD_TRY(const StudyContent study, study_row(db, complete.study_id));
    if (!study.open) return Error{Errc::refused, fmt::format("study {} is not open", study.id)};
    const int revision = study.revision + 1;
    INFERAD_TRY_STATUS(db.run(
        "UPDATE study SET is_open = 0, revision = $1, complete_at = $2, complete_reason = $3, rule = $4,"
        " without_jobs = $5, without_jobs_reason = $6 WHERE id = $7",
        revision, now, complete.reason, complete.rule, complete.without_jobs, complete.without_jobs_reason, study.id));
    INFERAD_TRY_STATUS(add_jobs(db, complete, revision, now));
    INFERAD_TRY_STATUS(set_excluded(db, complete));
    INFERAD_TRY_STATUS(
        add_event(db, study.id, now, fmt::format("revision {} complete: {}", revision, complete.reason)));
    INFERAD_TRY_STATUS(add_event(db, study.id, now, routed_text(complete)));
    return revision;
  });
}

}  // namespace inferad::store
