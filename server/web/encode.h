// SPDX-License-Identifier: Apache-2.0
// The views as JSON text: what the API answers. Member names are those of core/views.h and web/node_view.h; absent
// times are null; levels are "STAT" …, states as to_string() gives them; bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "server/web/node_view.h"

namespace inferad::web {

// One object, without a line end. Position and deadline, which depend on the others, are no members.
std::string entry_json(const WorklistEntry& entry);
// {"generated_at", "targets_minutes": {"STAT": …}, "starts_recorded": true}, without a line end.
std::string worklist_head_json(const ReadingList& list, WallTime now);

// {"reader": "AB"}, or nothing: what a reader calls himself, at most 64 characters. invalid_input.
Result<std::string> reader_of(std::string_view body);

// The entry has its place too: "position", "deadline_at", "position_reason". A job's findings_json appears as the
// object "findings" (null: none, not JSON, or nested deeper than 32).
std::string study_json(const StudyDetail& detail, const std::array<Millis, 4>& targets, WallTime now);

std::string readings_json(const std::vector<ReadingRecord>& readings, WallTime now);
std::string jobs_json(const std::vector<JobView>& jobs, WallTime now);  // without the findings
std::string deliveries_json(const std::vector<DeliveryView>& deliveries, WallTime now);
std::string status_json(const NodeStatus& status, WallTime now);
std::string peers_json(const std::vector<PeerView>& peers);
std::string rules_json(const std::vector<RuleView>& rules);
std::string models_json(const std::vector<ModelView>& models);

// {"error": {"code", "message"}}
std::string error_json(const Error& error);

}  // namespace inferad::web
