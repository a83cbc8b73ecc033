// SPDX-License-Identifier: Apache-2.0
// What the node answers to a proposed association: every storage SOP class and verification, in every transfer syntax
// of the standard (nothing is decoded on receipt); the UPS classes in the two little endian ones. Pure functions.
#pragma once

#include <string_view>

#include "server/ul/pdu.h"

namespace inferad::ul {

// What a caller may use besides verification.
struct Services {
  bool storage = true;
  bool worklist = false;  // UPS (PS3.4 Annex CC)
};
bool is_message_service(std::string_view sop_class);  // its requests come as Request, not as objects

// Takes the first proposed transfer syntax that we know; Deflated and big endian only when nothing else is offered.
AnsweredContext answer_context(const ProposedContext& proposed, Services services = {});

// The A-ASSOCIATE-AC to a request that was admitted: each context answered; the requestor keeps the SCU role of storage
// and verification, its wish to be SCP is declined; no asynchronous window, no extended negotiation.
AssociateAc answer_request(const AssociateRq& request, std::uint32_t pdu_bytes_max, Services services = {});

}  // namespace inferad::ul
