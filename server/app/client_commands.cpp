// SPDX-License-Identifier: Apache-2.0
// Operator commands: a question to the API, shown as a table.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "server/app/ask_node.h"
#include "server/app/text_table.h"
#include "server/base/clock.h"

namespace inferad::app {

namespace {

using Json = nlohmann::json;

enum class Show { text, number, age, percent };

struct Field {
  const char* title;
  const char* member;
  Show show = Show::text;
  std::size_t characters_max = 40;
};

int fail(const Error& error) {
  fmt::print(stderr, "inferad: {}\n", printable(error.what));
  return error.code == Errc::invalid_input ? exit_status::kConfiguration : exit_status::kFailed;
}

std::string age(const std::string& iso8601) {
  const auto time = from_iso8601(iso8601);
  if (!time) return iso8601;
  const auto seconds = std::max<std::int64_t>(0, (to_unix_ms(wall_now()) - to_unix_ms(*time)) / 1000);
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / 86'400);
}

std::string cell(const Json& row, const Field& field) {
  const auto found = row.find(field.member);
  if (found == row.end() || found->is_null()) return "";
  if (field.show == Show::age && found->is_string()) return age(found->get<std::string>());
  if (field.show == Show::percent && found->is_number()) return fmt::format("{:.0f} %", found->get<double>() * 100);
  return found->is_string() ? found->get<std::string>() : found->dump();
}

int show_list(const NodeChoice& node, const std::string& target, const char* list, std::initializer_list<Field> fields,
              const char* none) {
  const auto body = ask_node(node, "GET", target);
  if (!body) return fail(body.error());
  if (node.json) return fmt::print("{}", *body), exit_status::kDone;
  const auto answer = Json::parse(*body, nullptr, false);
  if (!answer.is_object() || !answer.contains(list) || !answer[list].is_array()) {
    return fail({Errc::io, fmt::format("the node's answer has no \"{}\"", list)});
  }
  std::vector<Column> columns;
  for (const auto& field : fields) columns.push_back({field.title, field.show != Show::text, field.characters_max});
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : answer[list]) {
    auto& row = rows.emplace_back();
    for (const auto& field : fields) row.push_back(entry.is_object() ? cell(entry, field) : "");
  }
  fmt::print("{}", rows.empty() ? fmt::format("{}\n", none) : text_table(columns, rows));
  return exit_status::kDone;
}

}  // namespace

int worklist_command(const NodeChoice& node) {
  return show_list(node, "/api/v1/worklist", "entries",
                   {{"#", "position", Show::number},
                    {"ID", "id", Show::number},
                    {"LEVEL", "level"},
                    {"ORDERED", "order_level"},
                    {"WAITING", "arrived_at", Show::age},
                    {"PATIENT", "patient_name", Show::text, 28},
                    {"MOD", "modality"},
                    {"STUDY", "study_description", Show::text, 28},
                    {"IMAGES", "instances", Show::number},
                    {"READ BY", "reading_by", Show::text, 12},
                    {"AI", "ai_state"},
                    {"REASON", "ai_reason", Show::text, 80}},
                   "No studies yet. They appear here when a peer stores images.");
}

int why_command(const NodeChoice& node, const std::string& study) {
  const auto body = ask_node(node, "GET", "/api/v1/worklist");
  if (!body) return fail(body.error());
  const auto answer = Json::parse(*body, nullptr, false);
  if (!answer.is_object() || !answer.contains("entries"))
    return fail({Errc::io, "the node's answer has no \"entries\""});
  const auto is_it = [&](const Json& entry) {
    return cell(entry, {"", "id"}) == study || cell(entry, {"", "study_uid"}) == study ||
           cell(entry, {"", "accession_number"}) == study;
  };
  const auto found = std::find_if(answer["entries"].begin(), answer["entries"].end(), is_it);
  if (found == answer["entries"].end()) {
    return fail(
        {Errc::not_found, fmt::format("no study \"{}\" on the list: expected a number of `inferad worklist`, an "
                                      "accession number or a Study Instance UID",
                                      study)});
  }
  const auto detail = ask_node(node, "GET", "/api/v1/studies/" + cell(*found, {"", "id"}));
  if (!detail) return fail(detail.error());
  const auto entry = Json::parse(*detail, nullptr, false).value("entry", Json::object());
  std::vector<std::vector<std::string>> rows;
  for (const char* member : {"position", "level", "order_level", "arrived_at", "deadline_at", "reading_started_at",
                             "reading_by", "ai_state", "ai_reason", "position_reason"}) {
    if (const auto text = cell(entry, {"", member}); !text.empty()) rows.push_back({member, text});
  }
  fmt::print("{}", text_table({{"WHY"}, {"", false, 400}}, rows));
  return exit_status::kDone;
}

int jobs_command(const NodeChoice& node) {
  return show_list(node, "/api/v1/jobs", "jobs",
                   {{"ID", "id", Show::number},
                    {"STUDY", "study_id", Show::number},
                    {"REV", "revision", Show::number},
                    {"PIPELINE", "pipeline"},
                    {"STATE", "state"},
                    {"STAGE", "stage"},
                    {"DONE", "progress", Show::percent},
                    {"TRIES", "attempts", Show::number},
                    {"AGE", "created_at", Show::age},
                    {"REASON", "reason", Show::text, 80}},
                   "No jobs.");
}

int outbox_command(const NodeChoice& node) {
  return show_list(node, "/api/v1/outbox", "deliveries",
                   {{"ID", "id", Show::number},
                    {"STUDY", "study_id", Show::number},
                    {"KIND", "kind"},
                    {"TO", "destination"},
                    {"STATE", "state"},
                    {"TRIES", "attempts", Show::number},
                    {"AGE", "created_at", Show::age},
                    {"LAST ERROR", "last_error", Show::text, 80}},
                   "Nothing was sent yet, and nothing waits.");
}

int models_command(const NodeChoice& node) {
  return show_list(node, "/api/v1/models", "models",
                   {{"PIPELINE", "pipeline"},
                    {"VERSION", "pipeline_version"},
                    {"STATE", "state"},
                    {"MODEL", "model"},
                    {"SHA-256", "sha256", Show::text, 64},
                    {"REASON", "reason", Show::text, 100}},
                   "No models: the workers are not ready, or none is installed.");
}

int rules_command(const NodeChoice& node) {
  return show_list(node, "/api/v1/rules", "rules",
                   {{"RULE", "name"},
                    {"STUDIES", "studies", Show::number},
                    {"THEN", "then", Show::text, 60},
                    {"WHEN", "when", Show::text, 120}},
                   "No rules.");
}

int peers_command(const NodeChoice& node) {
  return show_list(node, "/api/v1/peers", "peers",
                   {{"PEER", "name"},
                    {"ROLE", "role"},
                    {"ADDRESS", "address"},
                    {"WAITING", "waiting", Show::number},
                    {"PARKED", "parked", Show::number},
                    {"LAST SUCCESS", "last_success_at", Show::age},
                    {"LAST FAILURE", "last_failure_at", Show::age},
                    {"LAST ERROR", "last_error", Show::text, 80}},
                   "No peers are configured.");
}

int status_command(const NodeChoice& node) {
  const auto body = ask_node(node, "GET", "/api/v1/status");
  if (!body) return fail(body.error());
  if (node.json) return fmt::print("{}", *body), exit_status::kDone;
  const auto status = Json::parse(*body, nullptr, false);
  if (!status.is_object()) return fail({Errc::io, "the node's answer is not an object"});
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : status.items()) {
    rows.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
  }
  fmt::print("{}", text_table({{"STATUS"}, {"", false, 100}}, rows));
  return exit_status::kDone;
}

int retry_command(const NodeChoice& node, const std::string& list, std::int64_t id) {
  const auto body = ask_node(node, "POST", fmt::format("/api/v1/{}/{}/retry", list, id));
  if (!body) return fail(body.error());
  fmt::print("{} {} is tried again\n", list == "jobs" ? "job" : "delivery", id);
  return exit_status::kDone;
}

}  // namespace inferad::app
