// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/ups_state.h"

namespace inferad::worklist {
namespace {

using ups::State;

// "With the correct Transaction UID": of a claim, any valid one; afterwards, the one of the claim.
bool correct_transaction(UpsRequest request, const UpsSituation& now) {
  const bool claimed = *now.state == State::in_progress || ups::is_final(*now.state);
  if (!now.transaction_given) return false;
  if (request == UpsRequest::set) return now.transaction_matches;
  return !claimed || now.transaction_matches;
}

UpsOutcome finish(State wanted, const UpsSituation& now) {
  switch (*now.state) {
    case State::scheduled:
      return {ups::not_in_progress, {}};
    case State::in_progress:
      if (!now.final_state_met) return {ups::final_state_unmet, {}};
      return {ups::success, wanted};
    case State::canceled:
      return {wanted == State::canceled ? ups::already_canceled : ups::not_updatable, {}};
    case State::completed:
      return {wanted == State::completed ? ups::already_completed : ups::not_updatable, {}};
  }
  return {ups::processing_failure, {}};
}

UpsOutcome claim(const UpsSituation& now) {
  if (*now.state == State::scheduled) return {ups::success, State::in_progress};
  return {*now.state == State::in_progress ? ups::already_in_progress : ups::not_updatable, {}};
}

UpsOutcome cancel_request(const UpsSituation& now) {
  switch (*now.state) {
    case State::scheduled:
      return {ups::success, State::canceled};
    case State::in_progress:
      return {ups::success, {}, true};
    case State::canceled:
      return {ups::already_canceled, {}};
    case State::completed:
      return {ups::completed_already, {}};
  }
  return {ups::processing_failure, {}};
}

UpsOutcome set(const UpsSituation& now) {  // CC.2.6.3
  if (ups::is_final(*now.state)) return {ups::not_updatable, {}};
  const bool locked = *now.state == State::in_progress && !correct_transaction(UpsRequest::set, now);
  return {locked ? ups::wrong_transaction : ups::success, {}};
}

}  // namespace

UpsOutcome decide(UpsRequest request, const UpsSituation& now) {
  if (request == UpsRequest::create)
    return now.state ? UpsOutcome{ups::duplicate, {}} : UpsOutcome{ups::success, State::scheduled};
  if (!now.state) return {ups::no_such_workitem, {}};
  if (request == UpsRequest::to_scheduled) return {ups::scheduled_by_create_only, {}};
  if (request == UpsRequest::request_cancel) return cancel_request(now);
  if (request == UpsRequest::set) return set(now);
  if (!correct_transaction(request, now)) return {ups::wrong_transaction, {}};
  if (request == UpsRequest::to_in_progress) return claim(now);
  return finish(request == UpsRequest::to_completed ? State::completed : State::canceled, now);
}

}  // namespace inferad::worklist
