// SPDX-License-Identifier: Apache-2.0
// The tables of the Unified Procedure Step service, each from what decides when a message comes.
#include <fmt/format.h>

#include "server/app/conformance.h"
#include "server/flow/ups_judgement.h"
#include "server/flow/ups_replies.h"
#include "server/worklist/ups_checks.h"
#include "server/worklist/ups_match.h"
#include "server/worklist/ups_state.h"

namespace inferad::app {
namespace {

using flow::DimseVerb;
using worklist::UpsAttribute;
using worklist::UpsRequest;

std::string_view word(UpsAttribute::Create create) {
  switch (create) {
    case UpsAttribute::Create::value:
      return "1";
    case UpsAttribute::Create::present:
      return "2";
    case UpsAttribute::Create::empty:
      return "2, empty";
    case UpsAttribute::Create::absent:
      return "absent";
    case UpsAttribute::Create::free:
      return "3";
  }
  return "";
}

std::string attributes() {
  std::string text = "| attribute | tag | VR | N-CREATE | N-SET | matching |\n|---|---|---|---|---|---|\n";
  for (const auto& each : worklist::ups_attributes()) {
    const auto vr = vr_of(each.number);
    const bool shown = each.number != tag::transaction_uid;  // to nobody
    text += fmt::format("| {} | ({:04X},{:04X}) | {} | {} | {} | {} |\n", each.name, each.number >> 16,
                        each.number & 0xFFFF, vr, word(each.create), each.set ? "yes" : "0106",
                        shown ? worklist::matching_of(vr) : "never returned");
  }
  return text;
}

struct Operation {
  std::string_view name;
  DimseVerb verb;
  std::uint16_t type = 0;
};
constexpr Operation kOperations[] = {
    {"C-FIND", DimseVerb::find},
    {"N-CREATE", DimseVerb::create},
    {"N-GET", DimseVerb::get},
    {"N-SET", DimseVerb::set},
    {"N-ACTION 1, change state", DimseVerb::action, ups::change_state},
    {"N-ACTION 2, request cancel", DimseVerb::action, ups::request_cancel},
    {"N-ACTION 3, subscribe", DimseVerb::action, ups::subscribe},
    {"N-ACTION 4, unsubscribe", DimseVerb::action, ups::unsubscribe},
    {"N-ACTION 5, suspend", DimseVerb::action, ups::suspend},
};

std::string operations() {
  std::string text = "| operation | Push | Watch | Pull | Query |\n|---|---|---|---|---|\n";
  for (const auto& each : kOperations) {
    text += fmt::format("| {} |", each.name);
    for (const auto sop_class : {ups::push, ups::watch, ups::pull, ups::query}) {
      flow::DimseMessage message;
      message.verb = each.verb;
      message.type = each.type;
      message.abstract_syntax = sop_class;
      text += flow::ups_operation_belongs(message) ? " yes |" : " 0211 |";
    }
    text += "\n";
  }
  return text;
}

std::string outcome(UpsRequest request, std::optional<ups::State> state, bool correct) {
  worklist::UpsSituation now;
  now.state = state;
  now.transaction_given = now.transaction_matches = correct;
  now.final_state_met = true;
  const auto outcome = worklist::decide(request, now);
  auto text = fmt::format("{:04X}", outcome.status);
  if (outcome.next) text += fmt::format(", {}", to_string(*outcome.next));
  return outcome.ask_performer ? text + ", event 2" : text;
}

std::string states() {
  constexpr std::pair<std::string_view, UpsRequest> kRequests[] = {
      {"N-CREATE", UpsRequest::create},
      {"to IN PROGRESS", UpsRequest::to_in_progress},
      {"to SCHEDULED", UpsRequest::to_scheduled},
      {"to COMPLETED", UpsRequest::to_completed},
      {"to CANCELED", UpsRequest::to_canceled},
      {"request cancel", UpsRequest::request_cancel},
      {"N-SET", UpsRequest::set},
  };
  std::string text =
      "| request | Transaction UID | no such | SCHEDULED | IN PROGRESS | CANCELED | COMPLETED |\n"
      "|---|---|---|---|---|---|---|\n";
  const auto row = [&](std::string_view name, UpsRequest request, bool correct) {
    const bool without = request == UpsRequest::create || request == UpsRequest::request_cancel;
    text += fmt::format("| {} | {} | {} |", name,
                        without   ? ""
                        : correct ? "correct"
                                  : "not",
                        outcome(request, {}, correct));
    for (const auto state :
         {ups::State::scheduled, ups::State::in_progress, ups::State::canceled, ups::State::completed})
      text += fmt::format(" {} |", outcome(request, state, correct));
    text += "\n";
    return without;
  };
  for (const auto& [name, request] : kRequests)
    if (!row(name, request, true)) row(name, request, false);
  return text;
}

std::string statuses_sent() {
  std::string text = "| status | words |\n|---|---|\n";
  for (const auto& each : flow::ups_status_words()) text += fmt::format("| {:04X} | {} |\n", each.status, each.words);
  return text +
         "\nWith words that name the attribute: 0106, 0120, 0121, C309. Besides: 0000, 0110, 0122, 0123, 0211, 0213, "
         "FF00, "
         "and A700 of C-FIND.\n";
}

std::string_view word(flow::Verdict verdict) {
  switch (verdict) {
    case flow::Verdict::delivered:
      return "done";
    case flow::Verdict::delivered_with_warning:
      return "done, with a warning";
    case flow::Verdict::park:
      return "parked";
    default:
      return "again, ever later";
  }
}

std::string statuses_received() {
  std::string text = "| status | means | C-FIND | N-SET | N-CREATE |\n|---|---|---|---|---|\n";
  for (const auto& each : flow::ups_rows())
    text += fmt::format(
        "| {:04X} | {} | {} | {} | {} |\n", each.status, each.meaning, word(each.find), word(each.set),
        flow::judge_ups(flow::UpsStep::create, each.status).exists ? "N-GET, then N-SET" : word(each.create));
  return text;
}

std::string events() {
  std::string text = "| type | event | attributes | when |\n|---|---|---|---|\n";
  const auto row = [&](std::uint16_t type, std::string_view rest) { text += fmt::format("| {} | {} |\n", type, rest); };
  row(ups::state_report,
      "UPS State Report | (0074,1000), (0040,4041); (0074,1200) as a standard extension | a workitem is made, "
      "subscribed "
      "to, or changes one of the three");
  row(ups::cancel_requested,
      "UPS Cancel Requested | (0074,1236), and of the request (0074,1238), (0074,100E), (0074,100A), (0074,100C) | "
      "somebody "
      "asks for it while a peer performs the step");
  row(ups::progress_report,
      "UPS Progress Report | (0074,1002) with (0074,1004), (0074,1006), (0074,1007), (0074,1008) as they are known | "
      "the "
      "performer sets one of them; an analysis goes on, at most every 5 s");
  row(ups::scp_status,
      "SCP Status Change | (0074,1242) RESTARTED or GOING DOWN; (0074,1244), (0074,1246) WARM START, or COLD START of "
      "an empty ledger | the node starts "
      "or "
      "ends; under 1.2.840.10008.5.1.4.34.5");
  row(ups::assigned,
      "UPS Assigned | (0040,4025), (0040,4009), (0040,4036) as they are known | station or human performers are set");
  return text;
}

}  // namespace

std::string ups_tables() {
  return "\n### UPS SCP: operations, by the class of the presentation context\n\n" + operations() +
         "\n### UPS SCP: attributes (PS3.4 table CC.2.5-3)\n\n" + attributes() +
         "\n### UPS SCP: states (PS3.4 table CC.1.1-2)\n\n" + states() + "\n### UPS SCP: statuses sent\n\n" +
         statuses_sent() + "\n### UPS SCP: events (PS3.4 table CC.2.4-1)\n\n" + events() +
         "\n### UPS SCU: statuses received\n\n" + statuses_received();
}

}  // namespace inferad::app
