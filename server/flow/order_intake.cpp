// SPDX-License-Identifier: Apache-2.0
#include "server/flow/order_intake.h"

#include <utility>

#include "server/base/hash.h"
#include "server/base/log.h"

namespace inferad::flow {
namespace {

using worklist::Hl7Answer;
using worklist::Taken;

// Of what a message says: a retry may have a new time in MSH-7.
std::string digest_of(const std::string& text) {
  const char separator = text.size() > 3 ? text[3] : '|';
  std::size_t end = 0;
  for (int field = 1; field < 7 && end != std::string::npos; ++field)  // MSH-7 is behind the sixth separator
    end = text.find(separator, end + 1);
  if (end == std::string::npos) return sha256_hex(text);
  const auto after = text.find(separator, end + 1);
  return sha256_hex(text.substr(0, end) + (after == std::string::npos ? "" : text.substr(after)));
}

Hl7Answer refused(Taken taken, worklist::Hl7Refusal refusal) {
  auto text = refusal.text;
  return {taken, std::move(refusal), std::move(text)};
}

}  // namespace

OrderIntake::OrderIntake(Parts parts, worklist::OrderProfile profile, std::string character_set)
    : parts_(std::move(parts)), profile_(std::move(profile)), character_set_(std::move(character_set)) {}

std::vector<std::string> OrderIntake::receive(const std::string& text) {
  const auto message = worklist::Hl7Message::parse(text, parts_.decode, character_set_);
  if (!message) {
    parts_.metrics.count(Counter::hl7_messages_received, {"unreadable", "rejected"});
    log::warning("hl7_message_refused", {{"reason", message.error().what}});
    return {worklist::hl7_unreadable(message.error().what, wall_now())};
  }
  const auto header = worklist::hl7_header(*message);
  std::string outcome;
  const auto answer = take(*message, header, text, outcome);
  parts_.metrics.count(Counter::hl7_messages_received,
                       {outcome == "rejected" ? "other" : header.type + " " + header.event, outcome});
  if (answer.refusal)
    log::warning("hl7_message_refused", {{"outcome", outcome},
                                         {"segment", answer.refusal->segment},
                                         {"field", answer.refusal->field},
                                         {"reason", answer.refusal->text}});
  return worklist::hl7_answers(header, answer, wall_now());
}

Hl7Answer OrderIntake::take(const worklist::Hl7Message& message, const worklist::Hl7Header& header,
                            const std::string& text, std::string& outcome) {
  outcome = "rejected";
  if (auto refusal = worklist::hl7_refusal(header, profile_)) return refused(Taken::rejected, *std::move(refusal));
  outcome = "error";
  auto read = worklist::read_orders(message, profile_);
  if (read.refusal) return refused(Taken::error, *std::move(read.refusal));
  outcome = "failed";
  const auto effect =
      parts_.ledger.take_orders({header.sender, header.control_id, digest_of(text)}, read.orders, wall_now());
  if (!effect) {
    log::error("hl7_message_not_recorded", {{"error", effect.error().what}});
    return refused(Taken::failed, {false, "MSH", 0, 207, "not recorded, try again later"});
  }
  outcome = effect->repeated ? "repeated" : "accepted";
  if (read.unknown_priority) log::warning("hl7_priority_unknown", {{"type", header.type}});
  for (const auto& order : read.orders)
    for (const auto& each : order.statements)
      if (!each.present && !effect->repeated)
        log::info("hl7_observation_says_nothing", {{"finding", each.finding}});  // a value that no mapping names
  for (const auto study : effect->studies)
    if (parts_.changed) parts_.changed(study);
  return {Taken::accepted, std::nullopt, read.unknown_priority ? "priority code not known: taken as none" : ""};
}

void OrderIntake::connection_ended(std::string_view how) {
  parts_.metrics.count(Counter::hl7_connections, {how});
  if (how != "closed" && how != "stopped") log::info("hl7_connection_ended", {{"how", how}});
}

}  // namespace inferad::flow
