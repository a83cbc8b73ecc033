// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "server/flow/candidates.h"
#include "server/flow/way.h"

namespace inferad::flow {

std::string Notice::key() const {
  auto name = fmt::format("{}|{}|{}|{}", job.study_uid, job.revision, job.pipeline, to_iso8601(job.created_at));
  return escalation.step == 0 ? name : fmt::format("{}|step {}", name, escalation.step);
}

// Of the study, one image of the first series that the job looked at.
Result<Notice> notice_about(store::Ledger& ledger, const store::JobLease& job, const PriorityDecision& decision) {
  INFERAD_TRY(const auto content, ledger.study_content(job.study_id));
  INFERAD_TRY(const auto candidates, candidates_from_json(job.series_json));
  INFERAD_TRY(auto order, ledger.order_numbers(job.study_id));
  for (const auto& series : content.series) {
    const bool chosen = candidates.empty() || series.uid == candidates.front().uid;
    if (chosen && !series.instances.empty())
      return Notice{job, decision, content.order_level, series.instances.front().attributes, {}, std::move(order)};
  }
  return Error{Errc::not_found, "the study has no image any more"};
}

Ways ways_of(const config::Settings& settings) {
  Ways ways;
  add_hl7_ways(settings, ways);
  add_webhook_ways(settings, ways);
  add_fhir_ways(settings, ways);
  add_worklist_file_ways(settings, ways);
  add_mail_ways(settings, ways);
  add_ups_ways(settings, ways);
  return ways;
}

std::vector<store::NewDelivery> messages_about(const Notice& notice, const Ways& ways) {
  std::vector<store::NewDelivery> messages;
  for (const auto& way : ways)
    if (way->wants(notice)) messages.push_back(way->message(notice));
  return messages;
}

}  // namespace inferad::flow
