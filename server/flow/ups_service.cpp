// SPDX-License-Identifier: Apache-2.0
#include "server/flow/ups_service.h"

#include <algorithm>

#include "server/base/log.h"
#include "server/core/uid.h"
#include "server/flow/ups_replies.h"
#include "server/worklist/ups_checks.h"
#include "server/worklist/ups_match.h"

namespace inferad::flow {

using store::Workitem;
using worklist::UpsRequest;

std::vector<DimseReply> UpsService::answer(const DimseMessage& message) {
  const auto one = [](DimseReply reply) { return Replies{std::move(reply)}; };
  if (message.verb == DimseVerb::action && (message.type < ups::change_state || message.type > ups::suspend))
    return one({ups::no_such_action, "no such action type"});
  if (!ups_operation_belongs(message)) return one({0x0211, "not an operation of this SOP class"});
  if (message.sop_class_uid != ups::push && message.verb != DimseVerb::find)
    return one({0x0122, "the SOP class of a workitem is UPS Push"});
  Asked asked{message, {}, {}};
  if (message.has_data_set) {
    auto read = parts_.codec.decode(message.data_set, message.transfer_syntax);
    if (!read) return one({ups::processing_failure, "the data set cannot be read"});
    asked.data_set = *std::move(read);
  }
  auto found = parts_.workitems.find(message.sop_instance_uid);
  if (found) asked.item = *std::move(found);
  if (found && message.verb == DimseVerb::find) {
    auto replies = find(asked);
    if (replies) return *std::move(replies);
    found = replies.error();
  } else if (found) {
    auto reply = serve(asked);
    if (reply) return one(*std::move(reply));
    found = reply.error();
  }
  if (found.error().code == Errc::refused) return one({ups::invalid_value, found.error().what.substr(0, 64)});
  log::error("worklist_request_failed", {{"errc", to_string(found.error().code)}, {"what", found.error().what}});
  return one({ups::processing_failure, std::string(to_string(found.error().code))});
}

Result<DimseReply> UpsService::serve(const Asked& asked) {
  switch (asked.message.verb) {
    case DimseVerb::get:
      return get(asked);
    case DimseVerb::set:
      return set(asked);
    case DimseVerb::create:
      return create(asked);
    default:
      break;
  }
  if (asked.message.type == ups::change_state) return change_state(asked);
  if (asked.message.type == ups::request_cancel) return request_cancel(asked);
  return subscription(asked);
}

worklist::UpsSituation UpsService::situation(const Asked& asked) const {
  worklist::UpsSituation now;
  const auto given = asked.data_set.text(tag::transaction_uid);
  now.transaction_given = is_valid_uid(given);
  if (!asked.item) return now;
  now.state = asked.item->state;
  now.transaction_matches = now.transaction_given && given == asked.item->transaction_uid;
  const auto wanted = ups::state_from(asked.data_set.text(tag::state));
  now.final_state_met = wanted && worklist::meets_final_state(asked.item->attributes, *wanted);
  return now;
}

Result<DataSet> UpsService::shown(const Workitem& item) {
  WorkitemFacts facts;
  facts.our_ae_title = parts_.our_ae_title;
  INFERAD_TRY(auto detail, parts_.ledger.study_detail(item.study_id));
  if (!detail) return Error{Errc::not_found, "the study of the workitem is not there"};
  for (auto& job : detail->jobs)
    if (item.job_id == job.id) facts.job = std::move(job);
  if (item.job_id && ups::is_final(item.state)) {
    INFERAD_TRY(facts.results, results_of(*item.job_id));
  }
  if (item.kind == Workitem::Kind::reading) {
    INFERAD_TRY(facts.orders, parts_.ledger.order_numbers(item.study_id));
  }
  facts.study = std::move(detail->entry);
  return render(item, facts);
}

// The series of a result stands in its file.
Result<std::vector<ResultReference>> UpsService::results_of(std::int64_t job_id) {
  INFERAD_TRY(const auto results, parts_.workitems.results(job_id));
  std::vector<ResultReference> out;
  for (const auto& each : results) {
    const auto header = parts_.headers.read(parts_.data_folder / each.file);
    if (header) out.push_back({header->series_uid, each.sop_class_uid, each.sop_instance_uid});
  }
  return out;
}

Result<UpsService::Replies> UpsService::find(const Asked& asked) {
  const auto& keys = asked.data_set;
  const auto& request = keys.item(tag::referenced_request);
  store::WorkitemQuery query{ups::state_from(keys.text(tag::state)), {}, {}, {}};
  if (is_valid_uid(keys.text(tag::sop_instance_uid))) query.uid = keys.text(tag::sop_instance_uid);
  if (is_valid_uid(request.text(tag::study_uid))) query.study_uid = request.text(tag::study_uid);
  if (const auto text = request.text(tag::accession_number); text.find_first_of("*?") == std::string_view::npos)
    query.accession_number = text;
  INFERAD_TRY(const auto items, parts_.workitems.list(query, 2 * kMatchesMax));
  constexpr std::string_view kTooMany = "more matches than are sent at once: narrow the query";
  Replies replies;
  for (const auto& item : items) {
    INFERAD_TRY(const auto whole, shown(item));
    if (!worklist::matches(keys, whole)) continue;
    if (replies.size() == kMatchesMax) {
      replies.push_back({0xA700, std::string(kTooMany)});
      return replies;
    }
    DimseReply reply{0xFF00, ""};
    reply.data_set = parts_.codec.encode(worklist::requested(keys, whole), asked.message.transfer_syntax);
    replies.push_back(std::move(reply));
  }
  const bool all_seen = items.size() < 2 * kMatchesMax;
  replies.push_back(all_seen ? DimseReply{ups::success, ""} : DimseReply{0xA700, std::string(kTooMany)});
  return replies;
}

Result<DimseReply> UpsService::get(const Asked& asked) {
  if (!asked.item) return DimseReply{ups::no_such_workitem, "no such workitem"};
  INFERAD_TRY(auto whole, shown(*asked.item));
  const auto& wanted = asked.message.attributes;
  if (!wanted.empty())
    std::erase_if(whole.elements, [&](const auto& pair) {
      return std::find(wanted.begin(), wanted.end(), pair.first) == wanted.end();
    });
  DimseReply reply{ups::success, ""};
  reply.data_set = parts_.codec.encode(whole, asked.message.transfer_syntax);
  return reply;
}

Result<DimseReply> UpsService::set(const Asked& asked) {
  const auto outcome = decide(UpsRequest::set, situation(asked));
  if (outcome.status != ups::success) return reply_of(outcome.status);
  DataSet change = asked.data_set;
  change.elements.erase(tag::transaction_uid);
  if (const auto verdict = worklist::check_set(change); !verdict.ok()) return DimseReply{verdict.status, verdict.why};
  Workitem item = *asked.item;
  if (item.kind == Workitem::Kind::reading && change.has(tag::priority))
    return DimseReply{ups::invalid_value, "(0074,1200) follows the reading list"};
  if (change.has(tag::priority)) item.level = ups::level_of(change.text(tag::priority));
  for (auto& [number, element] : change.elements) item.attributes.elements[number] = std::move(element);
  if (data_set_to_json(item.attributes).size() > kAttributesMax)
    return DimseReply{ups::resource_limit, "the workitem would be larger than kept here"};
  INFERAD_TRY_STATUS(parts_.workitems.set_attributes(item, wall_now()));
  parts_.changed(item.study_id);
  return reply_of(ups::success);
}

Result<DimseReply> UpsService::change_state(const Asked& asked) {
  const auto wanted = ups::state_from(asked.data_set.text(tag::state));
  if (!wanted) return DimseReply{ups::invalid_argument, "(0074,1000) is no state"};
  constexpr UpsRequest kRequests[]{UpsRequest::to_scheduled, UpsRequest::to_in_progress, UpsRequest::to_canceled,
                                   UpsRequest::to_completed};
  const auto outcome = decide(kRequests[static_cast<std::size_t>(*wanted)], situation(asked));
  if (!outcome.next) return reply_of(outcome.status);
  const Workitem& item = *asked.item;
  if (item.kind == Workitem::Kind::analysis) return DimseReply{ups::not_for_this_instance, "we perform this step"};
  const auto now = wall_now();
  const std::string by = "worklist peer " + asked.message.calling_ae;
  const auto done = *wanted == ups::State::in_progress
                        ? parts_.workitems.claim(item, std::string(asked.data_set.text(tag::transaction_uid)), by, now)
                    : *wanted == ups::State::completed ? parts_.workitems.complete(item, by, now)
                                                       : parts_.workitems.give_back(item, now);
  if (!done && done.error().code == Errc::refused)  // somebody else was faster, on a page
    return reply_of(*wanted == ups::State::in_progress ? ups::already_in_progress : ups::not_updatable);
  INFERAD_TRY_STATUS(done);
  parts_.changed(item.study_id);
  return reply_of(ups::success);
}

Result<DimseReply> UpsService::request_cancel(const Asked& asked) {
  const auto outcome = decide(UpsRequest::request_cancel, situation(asked));
  if (outcome.status != ups::success) return reply_of(outcome.status);
  const Workitem& item = *asked.item;
  const auto now = wall_now();
  if (item.kind == Workitem::Kind::analysis) {
    const auto canceled = parts_.workitems.cancel_analysis(item, "canceled by a worklist peer", now);
    if (!canceled && canceled.error().code == Errc::refused) return reply_of(ups::performer_refuses);
    INFERAD_TRY_STATUS(canceled);
    parts_.changed(item.study_id);
    return reply_of(ups::success);
  }
  if (!outcome.ask_performer) return DimseReply{ups::performer_refuses, "a study that waits stays on the list"};
  INFERAD_TRY(const int receivers, parts_.workitems.receivers(item.uid));
  if (receivers == 0) return reply_of(ups::performer_unreachable);  // CC.2.2.3
  DataSet information;
  information.set(tag::requesting_ae, asked.message.calling_ae);
  for (const auto each : {tag::cancellation_reason, tag::discontinuation_code, tag::contact_uri, tag::contact_name}) {
    const auto found = asked.data_set.elements.find(each);
    if (found != asked.data_set.elements.end()) information.elements[each] = found->second;
  }
  INFERAD_TRY_STATUS(parts_.workitems.announce(item, ups::cancel_requested, information, now));
  parts_.changed(item.study_id);
  return reply_of(ups::success);
}

Result<DimseReply> UpsService::subscription(const Asked& asked) {
  const auto& [message, wish, item] = asked;
  const bool filtered = message.sop_instance_uid == ups::filtered_global;
  const bool all = filtered || message.sop_instance_uid == ups::global;
  const std::string ae(wish.text(tag::receiving_ae));
  if (!all && !item) return reply_of(ups::no_such_workitem);
  if (!parts_.can_report_to(ae)) return reply_of(ups::unknown_receiver);
  const std::string workitem = all ? "" : message.sop_instance_uid;
  const auto now = wall_now();
  if (message.type == ups::unsubscribe) {
    INFERAD_TRY_STATUS(parts_.workitems.unsubscribe(ae, workitem));
  } else if (message.type == ups::suspend) {
    if (!all) return reply_of(ups::not_for_this_instance);
    INFERAD_TRY_STATUS(parts_.workitems.suspend(ae, now));
  } else {
    store::Subscription subscription{ae, workitem, true, wish.text(tag::deletion_lock) == "TRUE", {}};
    if (filtered) {
      subscription.keys = wish;
      subscription.keys.elements.erase(tag::receiving_ae);
      subscription.keys.elements.erase(tag::deletion_lock);
    }
    INFERAD_TRY_STATUS(parts_.workitems.subscribe(subscription, now));
  }
  parts_.changed(0);
  return reply_of(ups::success);
}

}  // namespace inferad::flow
