// SPDX-License-Identifier: Apache-2.0
// Part of ledger_types.h: what goes into the outbox and comes out of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/clock.h"

namespace inferad::store {

// What goes instead when the destination accepts none of those before.
struct Fallback {
  std::string kind, file, sop_class_uid, sop_instance_uid, transfer_syntax_uid;
  std::string beside_class_uid = {};  // SOP class of what it refers to, which must be accepted too; "" = none
  bool operator==(const Fallback&) const = default;
};

// One object or message for one destination. DICOM: file and UIDs; HL7: message.
struct NewDelivery {
  std::string destination, kind;  // kind: one of base/result_kind.h, "HL7"
  std::string file;               // relative to the data folder
  std::string message;
  std::string sop_class_uid, sop_instance_uid, transfer_syntax_uid;
  std::vector<Fallback> fallbacks = {};  // best first
  std::string beside_class_uid = {};     // as in Fallback
  std::string parked_because = {};       // not empty: there is nothing to send, for this reason
};

struct DeliveryLease {
  std::int64_t id = 0, study_id = 0, job_id = 0;
  std::string destination, kind, file, message;
  std::string sop_class_uid, sop_instance_uid, transfer_syntax_uid;
  int attempts = 1;  // this one included
  WallTime created_at{};
  std::vector<Fallback> fallbacks = {};
  std::string beside_class_uid;
};

}  // namespace inferad::store
