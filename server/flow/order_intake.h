// SPDX-License-Identifier: Apache-2.0
// HL7 messages about orders become facts of the ledger, or are refused with what is wrong.
//
// Operation: read, check, one transaction, answer; so a message is durable before it is accepted, and one that comes
// again (same sender, MSH-10 and words; MSH-7 may differ) gets the same answer and has no second effect. Trouble of the
// ledger is answered so that the sender tries again. Messages hold patient data and are never logged; a line says the
// type, the outcome and the place of an error. Concurrency: thread-safe.
#pragma once

#include <string>
#include <vector>

#include "server/flow/events.h"
#include "server/flow/ports.h"
#include "server/store/ledger.h"
#include "server/telemetry/metrics.h"
#include "server/worklist/hl7_answer.h"

namespace inferad::flow {

class OrderIntake final : public Hl7Receiver {
 public:
  struct Parts {
    store::Ledger& ledger;
    Metrics& metrics;
    StudyChanged changed;
    worklist::TextDecoder decode;
  };
  // `character_set`: MSH-18 of messages that have none.
  OrderIntake(Parts parts, worklist::OrderProfile profile, std::string character_set);

  std::vector<std::string> receive(const std::string& message) override;
  void connection_ended(std::string_view how) override;

 private:
  worklist::Hl7Answer take(const worklist::Hl7Message& message, const worklist::Hl7Header& header,
                           const std::string& text, std::string& outcome);

  const Parts parts_;
  const worklist::OrderProfile profile_;
  const std::string character_set_;
};

}  // namespace inferad::flow
