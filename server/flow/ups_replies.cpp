// SPDX-License-Identifier: Apache-2.0
#include "server/flow/ups_replies.h"

#include <algorithm>

namespace inferad::flow {
namespace {

bool action_belongs(std::uint16_t type, std::string_view negotiated) {
  switch (type) {
    case ups::change_state:
      return negotiated == ups::pull;
    case ups::request_cancel:
      return negotiated == ups::push || negotiated == ups::watch;
    case ups::subscribe:
    case ups::unsubscribe:
    case ups::suspend:
      return negotiated == ups::watch;
    default:
      return false;
  }
}

constexpr UpsStatusWords kWords[] = {
    {ups::duplicate, "there is a workitem of this UID"},
    {ups::already_canceled, "already CANCELED"},
    {ups::already_completed, "already COMPLETED"},
    {ups::completed_already, "already COMPLETED"},
    {ups::not_updatable, "the workitem can no longer be updated"},
    {ups::wrong_transaction, "the correct Transaction UID was not provided"},
    {ups::already_in_progress, "already IN PROGRESS"},
    {ups::scheduled_by_create_only, "a workitem becomes SCHEDULED by N-CREATE only"},
    {ups::final_state_unmet, "requirements of the final state are not met"},
    {ups::no_such_workitem, "no such workitem"},
    {ups::unknown_receiver, "Receiving AE is no peer that event reports can go to"},
    {ups::not_in_progress, "the workitem is not IN PROGRESS"},
    {ups::performer_unreachable, "nobody would be told of the request"},
    {ups::performer_refuses, "the performer chooses not to cancel"},
    {ups::not_for_this_instance, "the action does not suit this instance"},
};

}  // namespace

bool ups_operation_belongs(const DimseMessage& message) {
  const std::string_view negotiated = message.abstract_syntax;
  switch (message.verb) {
    case DimseVerb::create:
      return negotiated == ups::push;
    case DimseVerb::set:
      return negotiated == ups::pull;
    case DimseVerb::get:
      return negotiated == ups::push || negotiated == ups::pull || negotiated == ups::watch;
    case DimseVerb::find:
      return negotiated == ups::pull || negotiated == ups::watch || negotiated == ups::query;
    case DimseVerb::action:
      return action_belongs(message.type, negotiated);
    case DimseVerb::event_report:
      return false;
  }
  return false;
}

std::span<const UpsStatusWords> ups_status_words() { return kWords; }

DimseReply reply_of(std::uint16_t status) {
  const auto* const found =
      std::find_if(std::begin(kWords), std::end(kWords), [&](const auto& each) { return each.status == status; });
  return {status, std::string(found == std::end(kWords) ? "" : found->words)};
}

}  // namespace inferad::flow
