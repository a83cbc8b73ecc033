// SPDX-License-Identifier: Apache-2.0
// The HL7 message about a decision, as a destination wants it. Pure.
#pragma once

#include "server/flow/way.h"

namespace inferad::flow {

// The control id derives from the notice, so that a message made again is the same message.
store::NewDelivery priority_message(const Notice& notice, const config::Hl7Destination& destination);

}  // namespace inferad::flow
