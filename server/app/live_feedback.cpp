// SPDX-License-Identifier: Apache-2.0
// What the pages say and read about feedback.
#include <algorithm>

#include "server/app/live_node_view.h"
#include "server/flow/finding_items.h"

namespace inferad::app {

namespace {

// What the analysis said about the finding, added to what the reader said. not_found, or refused: nothing to judge.
Result<Feedback> complete(Feedback feedback, const StudyDetail& detail) {
  const auto job = std::find_if(detail.jobs.begin(), detail.jobs.end(),
                                [&](const JobView& one) { return one.id == feedback.job_id; });
  if (job == detail.jobs.end()) return Error{Errc::not_found, "This study has no such analysis."};
  const auto said = flow::finding_items(job->findings_json);
  if (!said.analysed) return Error{Errc::refused, "This analysis has no result that could be judged."};
  feedback.pipeline = job->pipeline;
  feedback.pipeline_version = said.pipeline_version;
  feedback.model_sha256 = said.model_sha256;
  if (feedback.finding.empty()) return feedback;
  const auto* item = said.find(feedback.finding);
  if (item == nullptr) return Error{Errc::not_found, "This analysis has no such finding."};
  feedback.label = item->label;
  feedback.presence = item->presence;
  return feedback;
}

}  // namespace

Result<std::int64_t> LiveNodeView::give_feedback(const Feedback& said) {
  INFERAD_TRY(const auto detail, parts_.ledger.study_detail(said.study_id));
  if (!detail) return Error{Errc::not_found, "There is no study with this number."};
  INFERAD_TRY(const auto feedback, complete(said, *detail));
  INFERAD_TRY(const auto id, parts_.ledger.add_feedback(feedback, wall_now()));
  if (parts_.study_changed) parts_.study_changed(said.study_id);
  return id;
}

Result<std::vector<Feedback>> LiveNodeView::feedback(std::int64_t study) {
  return study == 0 ? parts_.ledger.feedback_since(WallTime{}) : parts_.ledger.feedback_of_study(study);
}

}  // namespace inferad::app
