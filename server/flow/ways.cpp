// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "server/flow/way.h"

namespace inferad::flow {

std::string Notice::key() const {
  return fmt::format("{}|{}|{}|{}", job.study_uid, job.revision, job.pipeline, to_iso8601(job.created_at));
}

Ways ways_of(const config::Settings& settings) {
  Ways ways;
  add_hl7_ways(settings, ways);
  add_webhook_ways(settings, ways);
  add_fhir_ways(settings, ways);
  add_worklist_file_ways(settings, ways);
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
