// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/hl7_answer.h"

#include <fmt/format.h>

#include "server/base/hash.h"
#include "server/worklist/hl7_message.h"

namespace inferad::worklist {
namespace {

bool wanted(std::string_view condition, bool success) {
  return condition == "AL" || condition == (success ? "SU" : "ER");
}

std::string error_segment(const Hl7Header& header, const Hl7Refusal& refusal) {
  const auto field = refusal.field > 0 ? std::to_string(refusal.field) : "";
  if (header.version < "2.5") return fmt::format("ERR|{}^1^{}^{}\r", refusal.segment, field, refusal.code);
  return fmt::format("ERR||{}^1{}|{}|E||||{}\r", refusal.segment, field.empty() ? "" : "^" + field, refusal.code,
                     hl7_escape(refusal.text));
}

// `code`: MSA-1.
std::string acknowledgement(const Hl7Header& header, const std::string& code, const Hl7Answer& answer, WallTime now) {
  const bool enhanced = !header.accept_condition.empty() || !header.application_condition.empty();
  const auto id = sha256_hex(fmt::format("{}|{}|{}", header.sender, header.control_id, code)).substr(0, 20);
  // MSH-15 and MSH-16: nobody acknowledges an acknowledgement.
  auto text =
      fmt::format("MSH|^~\\&|{}|{}|{}|{}|{}||ACK{}|{}|{}|{}|||{}||UNICODE UTF-8\r", header.receiving_application,
                  header.receiving_facility, header.sending_application, header.sending_facility, hl7_time(now),
                  header.event.empty() ? "" : "^" + hl7_escape(header.event), id,
                  header.processing_id.empty() ? "P" : hl7_escape(header.processing_id),
                  header.version.empty() ? "2.5.1" : hl7_escape(header.version), enhanced ? "NE|NE" : "|");
  text += fmt::format("MSA|{}|{}{}\r", code, hl7_escape(header.control_id),
                      answer.text.empty() ? "" : "|" + hl7_escape(answer.text));
  if (answer.refusal) text += error_segment(header, *answer.refusal);
  return text;
}

}  // namespace

std::vector<std::string> hl7_answers(const Hl7Header& header, const Hl7Answer& answer, WallTime now) {
  const bool accepted = answer.taken == Taken::accepted, error = answer.taken == Taken::error;
  const std::string application = accepted ? "AA" : error ? "AE" : "AR";
  if (header.accept_condition.empty() && header.application_condition.empty())
    return {acknowledgement(header, application, answer, now)};
  const bool committed = accepted || error;
  std::vector<std::string> out;
  if (wanted(header.accept_condition, committed)) {
    const std::string code = committed ? "CA" : answer.taken == Taken::rejected ? "CR" : "CE";
    out.push_back(acknowledgement(header, code, committed ? Hl7Answer{} : answer, now));
  }
  if (committed && wanted(header.application_condition, accepted))
    out.push_back(acknowledgement(header, application, answer, now));
  return out;
}

std::string hl7_unreadable(const std::string& why, WallTime now) {
  Hl7Header header;
  header.version = "2.5.1";
  return acknowledgement(header, "AR", {Taken::rejected, Hl7Refusal{true, "MSH", 0, 100, why}, why}, now);
}

}  // namespace inferad::worklist
