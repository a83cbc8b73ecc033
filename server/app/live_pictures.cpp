// SPDX-License-Identifier: Apache-2.0
// Pictures of a job, for the pages.
#include <algorithm>

#include "server/app/live_node_view.h"
#include "server/flow/job_pictures.h"

namespace inferad::app {

namespace {

// not_found: the study has no such job.
Result<flow::PicturePlace> place_of(store::Ledger& ledger, const store::Spool& spool, std::int64_t study,
                                    std::int64_t job) {
  INFERAD_TRY(const auto detail, ledger.study_detail(study));
  const bool known = detail && std::any_of(detail->jobs.begin(), detail->jobs.end(),
                                           [&](const JobView& one) { return one.id == job; });
  if (!known) return Error{Errc::not_found, "This study has no such analysis."};
  return flow::PicturePlace{spool.data_folder() / "jobs" / std::to_string(job), job, detail->entry.study_uid};
}

}  // namespace

Result<std::string> LiveNodeView::pictures(std::int64_t study, std::int64_t job) {
  INFERAD_TRY(const auto place, place_of(parts_.ledger, parts_.spool, study, job));
  return flow::picture_list(place);
}

Result<std::string> LiveNodeView::picture(std::int64_t study, std::int64_t job, const std::string& name) {
  INFERAD_TRY(const auto place, place_of(parts_.ledger, parts_.spool, study, job));
  return flow::picture_bytes(place, name);
}

}  // namespace inferad::app
