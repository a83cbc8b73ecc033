// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "server/flow/candidates.h"
#include "server/flow/way.h"

namespace inferad::flow {

std::string Notice::key() const {
  auto name = fmt::format("{}|{}|{}|{}", job.study_uid, job.revision, job.pipeline, to_iso8601(job.created_at));
  if (escalation.step > 0) name += fmt::format("|step {}", escalation.step);
  if (one_of_several)
    for (const auto& each : orders)
      name +=
          fmt::format("|order {}|{}|{}|{}", each.placer_field, each.filler_field, each.accession, each.service_field);
  return name;
}

// Of the study, one image of the first series that the job looked at.
Result<Notice> notice_about(store::Ledger& ledger, const store::JobLease& job, const PriorityDecision& decision) {
  INFERAD_TRY(const auto content, ledger.study_content(job.study_id));
  INFERAD_TRY(const auto candidates, candidates_from_json(job.series_json));
  INFERAD_TRY(auto orders, ledger.order_numbers(job.study_id));
  for (const auto& series : content.series) {
    const bool chosen = candidates.empty() || series.uid == candidates.front().uid;
    if (chosen && !series.instances.empty())
      return Notice{job, decision, content.order_level, series.instances.front().attributes, {}, std::move(orders)};
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

std::vector<store::NewDelivery> messages_of(const Notice& notice, const Way& way) {
  if (!way.tells_orders_apart() || notice.orders.size() < 2) return {way.message(notice)};
  std::vector<store::NewDelivery> messages;
  for (const auto& order : notice.orders) {
    auto one = notice;
    one.orders = {order};
    one.one_of_several = true;
    auto message = way.message(one);
    const bool said = std::any_of(messages.begin(), messages.end(),
                                  [&](const auto& each) { return each.message == message.message; });
    if (!said) messages.push_back(std::move(message));
  }
  return messages;
}

std::vector<store::NewDelivery> messages_about(const Notice& notice, const Ways& ways) {
  std::vector<store::NewDelivery> messages;
  for (const auto& way : ways)
    if (way->wants(notice))
      for (auto& each : messages_of(notice, *way)) messages.push_back(std::move(each));
  return messages;
}

}  // namespace inferad::flow
