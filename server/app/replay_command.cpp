// SPDX-License-Identifier: Apache-2.0
// simulate --from-ledger: the running node's own arrivals and reading starts under other rules.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "server/app/ask_node.h"
#include "server/flow/reading_list.h"
#include "server/simulation/replay.h"

namespace inferad::app {

namespace {

using Json = nlohmann::json;

int fail(const Error& error) {
  fmt::print(stderr, "inferad: {}\n", error.what);
  return error.code == Errc::invalid_input ? exit_status::kConfiguration : exit_status::kFailed;
}

Result<ReadingRecord> record_of(const Json& json) {
  const auto text = [&](const char* name) {
    return json.is_object() && json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
  };
  ReadingRecord record;
  INFERAD_TRY(record.arrived_at, from_iso8601(text("arrived_at")));
  INFERAD_TRY(record.started_at, from_iso8601(text("started_at")));
  const auto order = level_from(text("order_level")), level = level_from(text("level"));
  if (!order || !level) return Error{Errc::io, "the node's answer has a reading without a level"};
  record.order_level = *order;
  record.level = *level;
  if (!text("raised_at").empty()) {
    INFERAD_TRY(record.raised_at, from_iso8601(text("raised_at")));
  }
  return record;
}

Result<std::vector<ReadingRecord>> readings_of(const NodeChoice& node, int days) {
  INFERAD_TRY(const auto body, ask_node(node, "GET", fmt::format("/api/v1/readings?days={}", days)));
  const auto answer = Json::parse(body, nullptr, false);
  if (!answer.is_object() || !answer.contains("readings")) return Error{Errc::io, "the node's answer has no readings"};
  std::vector<ReadingRecord> records;
  for (const auto& each : answer["readings"]) {
    INFERAD_TRY(records.emplace_back(), record_of(each));
  }
  return records;
}

}  // namespace

int replay_command(const NodeChoice& node, int days) {
  const auto records = readings_of(node, days);
  if (!records) return fail(records.error());
  if (records->size() < simulation::kReplayReadingsMin) {
    return fail({Errc::refused, fmt::format("{} reading starts are recorded in the last {} days, expected at least {}: "
                                            "mark readings with Start on the page, or give more --days",
                                            records->size(), days, simulation::kReplayReadingsMin)});
  }
  const auto settings = settings_or_print(node.config);
  if (!settings) return exit_status::kConfiguration;
  const auto policy = flow::reading_policy(settings->worklist, true);
  fmt::print("{}", to_text(simulation::replay(*records, policy)));
  return exit_status::kDone;
}

}  // namespace inferad::app
