// SPDX-License-Identifier: Apache-2.0
// HL7 v2 text for the order side: a priority change of an existing order, as OMI^O23 (2.5.1) or ORM^O01 (2.3.1), or the
// finding behind it as an ORU^R01 (2.5.1) that nobody can take for a report: preliminary (OBR-25, OBX-11), by a machine
// (OBX-17, NTE); and the acknowledgement that comes back. Pure: text in, text out. Segments end with CR; values are
// escaped (HL7 v2 chapter 2.7). Messages carry patient data: they go into the outbox and to the receiver, never into a
// log.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/core/attributes.h"
#include "server/core/coded_finding.h"
#include "server/core/order.h"
#include "server/core/priority.h"

namespace inferad::worklist {

enum class OrderMessage { omi_o23, orm_o01, oru_r01 };

// How a site wants it: one per HL7 destination of the configuration.
struct Hl7Profile {
  OrderMessage message = OrderMessage::omi_o23;
  std::string sending_application = "INFERAD", sending_facility, receiving_application, receiving_facility;
  std::string processing_id = "P";          // MSH-11: P production, T training, D debugging
  std::string order_control = "XO";         // ORC-1: XO change request, XX changed, SC status changed; RE in ORU^R01
  bool enhanced_acknowledgement = false;    // MSH-15 = AL
  bool application_acknowledgement = true;  // with that: MSH-16 = AL, else NE
  bool tq1_9 = true, orc_7_6 = true, obr_5 = false, obr_27_6 = true;  // where the priority stands
};

// TQ1-9 and its relatives, table 0485: STAT → S, HIGH → A (ASAP), ROUTINE and LOW → R.
std::string_view hl7_priority(Level level);

struct PriorityMessage {
  std::string control_id;  // MSH-10, at most 20 characters; the same on every retry
  WallTime created_at{};   // MSH-7; the same on every retry
  PriorityDecision decision;
  Attributes study;  // header attributes of one instance of the study
  CodedFinding finding = {};
  std::optional<OrderNumbers> order = {};  // what the RIS calls it goes before what the images say
  bool one_of_several = false;             // orders of the study: the images' numbers may be those of another
};

std::string priority_message(const PriorityMessage& message, const Hl7Profile& profile);

// Escapes the delimiters |^~\& and turns line breaks (of Unicode too) into a space, so that a value can never start a
// segment; drops control characters; bytes that are not UTF-8 become U+FFFD, since MSH-18 promises UTF-8.
std::string hl7_escape(std::string_view text);

std::string hl7_time(WallTime time);  // DTM or TS with seconds, in UTC

// What an acknowledgement says about the message with our control id.
struct Acknowledgement {
  std::string code;        // MSA-1: AA, AE, AR (original mode), CA, CE, CR (enhanced mode)
  std::string control_id;  // MSA-2
  std::string text;        // MSA-3, for people: printable, at most 300 bytes
  bool accepted() const { return code == "AA" || code == "CA"; }
  bool rejected() const { return code == "AR" || code == "CR"; }
};
Result<Acknowledgement> parse_acknowledgement(std::string_view message);

}  // namespace inferad::worklist
