// SPDX-License-Identifier: Apache-2.0
// Acknowledgements of incoming messages (HL7 v2 chapter 2.9). Pure.
//
//   original mode (MSH-15 and MSH-16 empty):  one answer, AA, AE or AR
//   enhanced mode: the accept acknowledgement, CA, CE or CR, as MSH-15 asks, and after CA the application
//   acknowledgement, AA or AE, as MSH-16 asks: AL always, ER only errors, SU only success, NE or empty never
//
// A message is worked off before it is answered, so both say that it is durable, and both go out on the connection that
// the message came on, the accept acknowledgement first. What cannot be taken for its kind, version or processing id,
// or because the ledger cannot write, is refused in the first of them (CR, CE), and no second follows. Errors stand in
// ERR-2 to ERR-4 and ERR-8 from version 2.5 on, before in ERR-1.
#pragma once

#include "server/worklist/hl7_order.h"

namespace inferad::worklist {

enum class Taken {
  accepted,
  error,     // AE: it says something that we cannot use
  rejected,  // AR, CR: not for us
  failed,    // AR, CE: our trouble, it may be sent again
};

struct Hl7Answer {
  Taken taken = Taken::accepted;
  std::optional<Hl7Refusal> refusal;  // unless accepted
  std::string text;                   // MSA-3
};

// The answers in the order to send them; none when the sender wants none. `now`: MSH-7.
std::vector<std::string> hl7_answers(const Hl7Header& header, const Hl7Answer& answer, WallTime now);

// To what is no HL7 message.
std::string hl7_unreadable(const std::string& why, WallTime now);

}  // namespace inferad::worklist
