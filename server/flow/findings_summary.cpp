// SPDX-License-Identifier: Apache-2.0
#include "server/flow/findings_summary.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace inferad::flow {
namespace {

using Json = nlohmann::json;

Error wrong(std::string_view member) {
  return {Errc::invalid_input, "findings.json: " + std::string(member) + " is missing or of the wrong kind"};
}

Result<std::string> text_of(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_string()) return wrong(member);
  return found->get<std::string>();
}

Result<double> number_of(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_number() || !std::isfinite(found->get<double>())) return wrong(member);
  return found->get<double>();
}

Result<PriorityDecision> proposal_of(const Json& priority, const std::string& model_sha256) {
  if (!priority.is_object()) return wrong("priority");
  PriorityDecision decision;
  INFERAD_TRY(const auto level, text_of(priority, "level"));
  const auto known = level_from(level);
  if (!known) return wrong("priority/level");
  decision.level = *known;
  INFERAD_TRY(decision.reason, text_of(priority, "reason"));
  INFERAD_TRY(decision.score_name, text_of(priority, "score_name"));
  INFERAD_TRY(decision.score, number_of(priority, "score"));
  INFERAD_TRY(decision.threshold, number_of(priority, "threshold"));
  decision.model_sha256 = model_sha256;
  return decision;
}

// The concept of the item with this id.
CodedFinding concept_of(const Json& root, const std::string& id) {
  const auto items = root.find("items");
  if (items == root.end() || !items->is_array()) return {};
  for (const auto& item : *items) {
    if (!item.is_object() || item.value("id", Json()) != id || !item.contains("concept")) continue;
    const auto& code = item["concept"];
    const auto part = [&](const char* name) {
      return code.is_object() && code.contains(name) && code[name].is_string() ? code[name].get<std::string>() : "";
    };
    return {part("value"), part("scheme"), part("meaning")};
  }
  return {};
}

}  // namespace

Result<FindingsSummary> read_findings(std::string_view text) {
  const auto root = Json::parse(text, nullptr, false);
  if (!root.is_object()) return Error{Errc::invalid_input, "findings.json is no JSON object"};
  FindingsSummary summary;
  INFERAD_TRY(summary.job, text_of(root, "job"));
  INFERAD_TRY(summary.pipeline, text_of(root, "pipeline"));
  INFERAD_TRY(summary.pipeline_version, text_of(root, "pipeline_version"));
  INFERAD_TRY(summary.study_uid, text_of(root, "study_uid"));
  INFERAD_TRY(const auto revision, number_of(root, "revision"));
  summary.revision = static_cast<int>(revision);
  INFERAD_TRY(const auto outcome, text_of(root, "outcome"));
  summary.analysed = outcome == "analysed";
  summary.failed = outcome == "failed";
  if (!summary.analysed && !summary.failed && outcome != "not_analysed") return wrong("outcome");
  const auto priority = root.find("priority");
  if (priority == root.end()) return summary;
  if (!summary.analysed) return Error{Errc::invalid_input, "findings.json: a priority without an analysis"};
  const auto algorithm = root.find("algorithm");
  if (algorithm == root.end() || !algorithm->is_object()) return wrong("algorithm");
  INFERAD_TRY(const auto model, text_of(*algorithm, "model_sha256"));
  INFERAD_TRY(summary.proposal, proposal_of(*priority, model));
  if (const auto id = priority->find("finding"); id != priority->end() && id->is_string())
    summary.finding = concept_of(root, id->get<std::string>());
  summary.proposal->pipeline = summary.pipeline;
  summary.proposal->pipeline_version = summary.pipeline_version;
  return summary;
}

}  // namespace inferad::flow
