// SPDX-License-Identifier: Apache-2.0
#include "server/flow/ups_replies.h"

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

std::string_view words(std::uint16_t status) {
  switch (status) {
    case ups::duplicate:
      return "there is a workitem of this UID";
    case ups::already_canceled:
      return "already CANCELED";
    case ups::already_completed:
    case ups::completed_already:
      return "already COMPLETED";
    case ups::not_updatable:
      return "the workitem can no longer be updated";
    case ups::wrong_transaction:
      return "the correct Transaction UID was not provided";
    case ups::already_in_progress:
      return "already IN PROGRESS";
    case ups::scheduled_by_create_only:
      return "a workitem becomes SCHEDULED by N-CREATE only";
    case ups::final_state_unmet:
      return "requirements of the final state are not met";
    case ups::no_such_workitem:
      return "no such workitem";
    case ups::unknown_receiver:
      return "Receiving AE is no peer that event reports can go to";
    case ups::not_in_progress:
      return "the workitem is not IN PROGRESS";
    case ups::performer_unreachable:
      return "nobody would be told of the request";
    case ups::performer_refuses:
      return "the performer chooses not to cancel";
    case ups::not_for_this_instance:
      return "the action does not suit this instance";
    default:
      return "";
  }
}

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

DimseReply reply_of(std::uint16_t status) { return {status, std::string(words(status))}; }

}  // namespace inferad::flow
