// SPDX-License-Identifier: Apache-2.0
// The state machine of a Unified Procedure Step (PS3.4 table CC.1.1-2, with the statuses of CC.2.1-2 and CC.2.2-2):
// what a request makes of a workitem in a state. Pure; every cell is tested.
#pragma once

#include <cstdint>
#include <optional>

#include "server/core/ups.h"

namespace inferad::worklist {

enum class UpsRequest { create, to_in_progress, to_scheduled, to_completed, to_canceled, request_cancel, set };

struct UpsSituation {
  std::optional<ups::State> state;   // nullopt: there is no such workitem
  bool transaction_given = false;    // with a valid UID
  bool transaction_matches = false;  // the given one is that of the claim
  bool final_state_met = false;      // the requirements of table CC.2.5-3 for the state asked for
};

struct UpsOutcome {
  std::uint16_t status = ups::success;
  std::optional<ups::State> next;  // the state it gets; nullopt: stays
  bool ask_performer = false;      // request_cancel while IN PROGRESS: the performer decides
};
// A SCHEDULED workitem whose cancellation is asked for goes through IN PROGRESS (CC.2.2.3); `next` is CANCELED.
UpsOutcome decide(UpsRequest request, const UpsSituation& situation);

}  // namespace inferad::worklist
