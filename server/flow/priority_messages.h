// SPDX-License-Identifier: Apache-2.0
// The HL7 messages that a priority decision asks for, one for each destination that wants decisions of its level. Pure.
#pragma once

#include <span>
#include <vector>

#include "server/config/settings.h"
#include "server/core/attributes.h"
#include "server/core/priority.h"
#include "server/store/ledger_types.h"

namespace inferad::flow {

// Control ids derive from the job, so that a message made again is the same message. `study`: header attributes of one
// image of it.
std::vector<store::NewDelivery> priority_messages(const PriorityDecision& decision, const store::JobLease& job,
                                                  const Attributes& study,
                                                  std::span<const config::Hl7Destination> destinations);

}  // namespace inferad::flow
