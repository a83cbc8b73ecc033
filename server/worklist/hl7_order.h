// SPDX-License-Identifier: Apache-2.0
// What an incoming HL7 v2 message says about orders: ORM^O01, OMI^O23 and OMG^O19 (order, status), ORU^R01 (report).
// Pure. A message that cannot be taken is refused with what the acknowledgement needs to say so.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/order.h"
#include "server/worklist/hl7_reader.h"

namespace inferad::worklist {

// How a site says things.
struct OrderProfile {
  std::string processing_id = "P";  // MSH-11 of messages that count
  // The first of these that has a value.
  std::vector<Hl7Place> accession{{"IPC", 1}, {"OBR", 18}, {"OBR", 3}};
  std::vector<Hl7Place> priority{{"TQ1", 9}, {"ORC", 7, 6}, {"OBR", 27, 6}};
  std::map<std::string, Level> priority_codes;  // beside those of table 0485; in upper case
  // Of orders: a place and the code there. Reports have OBR-25.
  using Statuses = std::vector<std::pair<Hl7Place, std::string>>;
  Statuses started, finished{{{"ORC", 5}, "CM"}};
  std::vector<ObservationMapping> observations;  // of reports
};

// MSH, as far as answering needs it.
struct Hl7Header {
  std::string sender;  // MSH-3 and MSH-4 as they stand
  std::string sending_application, sending_facility, receiving_application, receiving_facility;
  std::string control_id, type, event, processing_id, version;
  std::string accept_condition, application_condition;  // MSH-15, MSH-16: AL, NE, ER, SU; both "": original mode
};
Hl7Header hl7_header(const Hl7Message& message);

// A place as ERR-2 has it and a code of table 0357.
struct Hl7Refusal {
  bool rejected = false;  // for its kind, version or processing id (AR, CR), else for what it says (AE)
  std::string segment;
  int field = 0;  // 0: the segment is missing
  int code = 207;
  std::string text;  // for people, without patient data
};

std::span<const std::pair<std::string_view, std::string_view>> hl7_types_taken();      // MSH-9.1, MSH-9.2
std::optional<Level> hl7_level(const std::string& code, const OrderProfile& profile);  // `code` in upper case
std::span<const std::string_view> hl7_codes();  // those that hl7_level() knows without a profile

// nullopt: we take messages like this one.
std::optional<Hl7Refusal> hl7_refusal(const Hl7Header& header, const OrderProfile& profile);

struct OrdersRead {
  std::vector<OrderNews> orders;
  std::optional<Hl7Refusal> refusal;  // then there are no orders
  bool unknown_priority = false;      // a code that the profile does not know: the order counts as without one
};
OrdersRead read_orders(const Hl7Message& message, const OrderProfile& profile);

}  // namespace inferad::worklist
