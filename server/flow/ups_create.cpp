// SPDX-License-Identifier: Apache-2.0
// A peer asks for an analysis by creating a workitem (N-CREATE; IHE AIW-I, RAD-80).
#include "server/base/hash.h"
#include "server/core/uid.h"
#include "server/flow/router.h"
#include "server/flow/ups_replies.h"
#include "server/flow/ups_service.h"
#include "server/worklist/ups_checks.h"

namespace inferad::flow {
namespace {

constexpr std::string_view kScheme = "99INFERAD";

std::string study_of(const DataSet& request) {
  for (const auto sequence : {tag::input_information, tag::referenced_request})
    for (const auto& item : request.items(sequence))
      if (is_valid_uid(item.text(tag::study_uid))) return std::string(item.text(tag::study_uid));
  return {};
}

std::string pipeline_of(const DataSet& request) {
  const auto& codes = request.items(tag::workitem_code);
  if (codes.size() != 1 || codes[0].text(tag::coding_scheme) != kScheme) return {};
  return std::string(codes[0].text(tag::code_value));
}

}  // namespace

Result<DimseReply> UpsService::create(const Asked& asked) {
  const auto& request = asked.data_set;
  const auto outcome = decide(worklist::UpsRequest::create, situation(asked));
  if (outcome.status != ups::success) return reply_of(outcome.status);
  if (const auto verdict = worklist::check_create(request); !verdict.ok())
    return DimseReply{verdict.status, verdict.why};
  if (data_set_to_json(request).size() > kAttributesMax)
    return DimseReply{ups::resource_limit, "the workitem is larger than kept here"};
  const auto pipeline = pipeline_of(request);
  if (pipeline.empty() || !parts_.offers(pipeline))
    return DimseReply{ups::invalid_value, "(0040,4018) names no pipeline that is offered here"};
  INFERAD_TRY(const auto study_id, parts_.workitems.study(study_of(request)));
  if (!study_id) return DimseReply{ups::invalid_value, "(0020,000D) names no study that is here"};
  INFERAD_TRY(const auto series, series_for(pipeline, *study_id));
  store::Workitem item;
  item.study_id = *study_id;
  const auto now = wall_now();
  item.uid = asked.message.sop_instance_uid;
  if (item.uid.empty()) item.uid = derive_uid("asked for|" + pipeline + study_of(request) + to_iso8601(now));
  item.kind = store::Workitem::Kind::analysis;
  item.pipeline = pipeline;
  item.level = ups::level_of(request.text(tag::priority));
  item.attributes = request;
  item.attributes.elements.erase(tag::transaction_uid);
  INFERAD_TRY_STATUS(parts_.workitems.create_analysis(item, series, now));
  parts_.changed(item.study_id);
  DimseReply reply{ups::success, ""};
  reply.sop_instance_uid = item.uid;
  return reply;
}

// The candidates of the job: as the rule of this pipeline chooses them, whatever studies the rule is for; without a
// rule, every series. refused: none suits. "" for a study whose images still come.
Result<std::string> UpsService::series_for(const std::string& pipeline, std::int64_t study_id) {
  INFERAD_TRY(const auto content, parts_.ledger.study_content(study_id));
  if (content.open) return std::string();
  config::Rule rule;
  rule.name = "worklist";
  rule.pipeline = pipeline;
  const auto routing = parts_.routing();
  for (const auto& each : routing->rules)
    if (each.pipeline == pipeline) {
      rule = each;
      break;
    }
  rule.when = {};
  rule.joins = false;
  config::Routing only;
  only.rules.push_back(std::move(rule));
  auto routed = route(only, content);
  if (routed.jobs.empty()) return Error{Errc::refused, "no series of the study suits the pipeline"};
  return candidates_to_json(routed.jobs.front().series);
}

}  // namespace inferad::flow
