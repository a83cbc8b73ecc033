// SPDX-License-Identifier: Apache-2.0
// What readers say about analyses: rows are only ever added.
#include <fmt/format.h>

#include "server/store/ledger_impl.h"

namespace inferad::store {
namespace {

// A reader's later word on the same finding of the same job supersedes.
const std::string kFeedback =
    "SELECT f.id, f.study_id, f.job_id, f.finding, f.label, f.presence, f.opinion, f.reader, f.comment,"
    " j.pipeline, f.pipeline_version, f.model_sha256, f.at,"
    " COALESCE((SELECT MIN(l.id) FROM feedback l WHERE l.job_id = f.job_id AND l.finding = f.finding"
    "  AND l.reader = f.reader AND l.id > f.id), 0)"
    " FROM feedback f JOIN job j ON j.id = f.job_id ";
const std::string kOfStudy = kFeedback + "WHERE f.study_id = $1 ORDER BY f.id";
const std::string kSince = kFeedback + "WHERE f.at > $1 ORDER BY f.id";

template <class Value>
Result<std::vector<Feedback>> read(Database& db, std::string_view sql, const Value& value) {
  std::vector<Feedback> all;
  INFERAD_TRY_STATUS(db.each(
      sql,
      [&](Row& row) {
        Feedback& one = all.emplace_back();
        row >> one.id >> one.study_id >> one.job_id >> one.finding >> one.label >> one.presence >> one.opinion >>
            one.reader >> one.comment >> one.pipeline >> one.pipeline_version >> one.model_sha256 >> one.at >>
            one.superseded_by;
      },
      value));
  return all;
}

// A line of the study's history; the comment is the reader's, and stays with the feedback.
std::string event_text(const Feedback& feedback, const std::string& pipeline) {
  const std::string what = feedback.label.empty() ? "the result" : feedback.label;
  const std::string did = feedback.opinion == Opinion::agree      ? "agrees with"
                          : feedback.opinion == Opinion::disagree ? "disagrees with"
                          : feedback.comment.empty()              ? "has no opinion any more on"
                                                                  : "commented on";
  return fmt::format("{} {} {} ({} {})", feedback.reader, did, what, pipeline, feedback.pipeline_version);
}

}  // namespace

Result<std::int64_t> Ledger::add_feedback(const Feedback& feedback, WallTime now) {
  return impl_->write([&](Database& db) -> Result<std::int64_t> {
    INFERAD_TRY(const auto pipeline, db.value<std::string>("SELECT pipeline FROM job WHERE id = $1 AND study_id = $2",
                                                           feedback.job_id, feedback.study_id));
    if (!pipeline) return no_such("analysis of this study");
    INFERAD_TRY_STATUS(db.run(
        "INSERT INTO feedback (study_id, job_id, finding, label, presence, opinion, reader, comment,"
        " pipeline_version, model_sha256, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        feedback.study_id, feedback.job_id, feedback.finding, feedback.label, feedback.presence, feedback.opinion,
        feedback.reader, feedback.comment, feedback.pipeline_version, feedback.model_sha256, now));
    INFERAD_TRY(const auto id, db.value<std::int64_t>("SELECT last_insert_rowid()"));
    INFERAD_TRY_STATUS(add_event(db, feedback.study_id, now, event_text(feedback, *pipeline)));
    return id.value_or(0);
  });
}

Result<std::vector<Feedback>> Ledger::feedback_of_study(std::int64_t study_id) {
  return impl_->read([&](Database& db) { return read(db, kOfStudy, study_id); });
}

Result<std::vector<Feedback>> Ledger::feedback_since(WallTime since) {
  return impl_->read([&](Database& db) { return read(db, kSince, since); });
}

}  // namespace inferad::store
