// SPDX-License-Identifier: Apache-2.0
// The tables of HL7 v2: what a made message holds, and what is made of one that comes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "server/app/conformance.h"
#include "server/config/hl7_settings.h"
#include "server/worklist/hl7_answer.h"
#include "server/worklist/hl7_message.h"

namespace inferad::app {
namespace {

using worklist::Hl7Profile;
using worklist::OrderMessage;

constexpr std::pair<std::string_view, OrderMessage> kMessages[] = {
    {"OMI^O23", OrderMessage::omi_o23}, {"ORM^O01", OrderMessage::orm_o01}, {"ORU^R01", OrderMessage::oru_r01}};

// Every value is its own name, in parentheses.
worklist::PriorityMessage named_values() {
  worklist::PriorityMessage message;
  message.control_id = "(control id)";
  message.decision.level = Level::stat;
  message.decision.reason = "(reason)";
  message.decision.pipeline = "(pipeline)";
  message.decision.pipeline_version = "(version)";
  message.decision.model_sha256 = "(model)";
  message.decision.score_name = "(score)";
  message.decision.score = 0.5;
  message.decision.threshold = 0.25;
  message.finding = {"(code)", "(scheme)", "(meaning)"};
  for (const auto* keyword : {"PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
                              "AccessionNumber", "StudyID", "StudyInstanceUID", "StudyDescription", "Modality",
                              "PlacerOrderNumberImagingServiceRequest", "FillerOrderNumberImagingServiceRequest"})
    message.study[keyword] = fmt::format("({})", keyword);
  return message;
}

Hl7Profile named_profile(OrderMessage kind) {
  Hl7Profile profile;
  profile.message = kind;
  profile.sending_application = "(sending_application)";
  profile.sending_facility = "(sending_facility)";
  profile.receiving_application = "(receiving_application)";
  profile.receiving_facility = "(receiving_facility)";
  profile.processing_id = "(processing_id)";
  profile.order_control = "(order_control)";
  profile.enhanced_acknowledgement = profile.obr_5 = true;
  return profile;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Segment, which one of its name, field: in the order of messages.
struct Place {
  std::size_t segment = 0;
  int which = 0;
  std::size_t field = 0;
  auto operator<=>(const Place&) const = default;
};
constexpr std::array<std::string_view, 9> kSegments{"MSH", "PID", "ORC", "TQ1", "OBR", "NTE", "IPC", "ZDS", "OBX"};

std::map<Place, std::string> fields_of(std::string_view message) {
  std::map<Place, std::string> found;
  std::map<std::string, int> seen;
  const auto now = worklist::hl7_time({});
  for (const auto& line : split(message, '\r')) {
    const auto fields = split(line, '|');
    const auto known = std::find(kSegments.begin(), kSegments.end(), fields[0]);
    if (known == kSegments.end()) continue;
    const int which = ++seen[fields[0]];
    const std::size_t shift = fields[0] == "MSH" ? 1 : 0;  // MSH-1 is the separator itself
    for (std::size_t i = 1; i < fields.size(); ++i)
      if (!fields[i].empty())
        found[{static_cast<std::size_t>(known - kSegments.begin()), which, i + shift}] =
            fields[i] == now ? "(time)" : fields[i];
  }
  return found;
}

std::string fields() {
  std::map<Place, std::array<std::string, 3>> table;
  for (std::size_t i = 0; i < 3; ++i)
    for (auto& [place, value] :
         fields_of(worklist::priority_message(named_values(), named_profile(kMessages[i].second))))
      table[place].at(i) = std::move(value);
  std::string text = "| field | OMI^O23 | ORM^O01 | ORU^R01 |\n|---|---|---|---|\n";
  for (const auto& [place, values] : table) {
    const auto segment = kSegments.at(place.segment);
    const bool said = place.which > 1 && values == table[{place.segment, place.which - 1, place.field}];
    if (said || (place.which > 1 && place.field == 1)) continue;  // as in the OBX before
    const auto which = segment == "OBX" ? fmt::format(" of {}", place.which) : "";
    text += fmt::format("| {}-{}{} | {} | {} | {} |\n", segment, place.field, which, values[0], values[1], values[2]);
  }
  return text;
}

// A place is in a message when switching it changes that.
std::string places() {
  constexpr std::pair<std::string_view, bool Hl7Profile::*> kPlaces[] = {{"TQ1-9", &Hl7Profile::tq1_9},
                                                                         {"ORC-7.6", &Hl7Profile::orc_7_6},
                                                                         {"OBR-5", &Hl7Profile::obr_5},
                                                                         {"OBR-27.6", &Hl7Profile::obr_27_6}};
  std::string text = "| priority in | by default | OMI^O23 | ORM^O01 | ORU^R01 |\n|---|---|---|---|---|\n";
  for (const auto& [name, member] : kPlaces) {
    text += fmt::format("| {} | {} |", name, Hl7Profile().*member ? "yes" : "no");
    for (const auto& [title, kind] : kMessages) {
      auto with = named_profile(kind), without = named_profile(kind);
      with.*member = true;
      without.*member = false;
      const auto message = named_values();
      text += priority_message(message, with) == priority_message(message, without) ? " |" : " yes |";
    }
    text += "\n";
  }
  text += "\n| level | code (table 0485) |\n|---|---|\n";
  for (const auto level : {Level::stat, Level::high, Level::routine, Level::low})
    text += fmt::format("| {} | {} |\n", to_string(level), worklist::hl7_priority(level));
  return text;
}

std::string places_of(const std::vector<worklist::Hl7Place>& places) {
  std::string text;
  for (const auto& each : places) {
    text += fmt::format("{}{}-{}", text.empty() ? "" : ", ", each.segment, each.field);
    if (each.component > 1) text += fmt::format(".{}", each.component);
  }
  return text;
}

std::string received() {
  const worklist::OrderProfile profile;
  std::string text = "| received | |\n|---|---|\n| messages |";
  for (const auto& [type, event] : worklist::hl7_types_taken()) text += fmt::format(" {}^{}", type, event);
  text += fmt::format(" |\n| accession number, the first of | {} |\n", places_of(profile.accession));
  text += fmt::format("| priority, the first of | {} |\n", places_of(profile.priority));
  for (const auto level : {Level::stat, Level::high, Level::routine, Level::low}) {
    text += fmt::format("| {} |", to_string(level));
    for (const auto code : worklist::hl7_codes())
      if (worklist::hl7_level(std::string(code), profile) == level) text += fmt::format(" {}", code);
    text += " |\n";
  }
  for (const auto& [place, code] : profile.finished)
    text += fmt::format("| read | {} is {} |\n", places_of({place}), code);
  text += "\n| MSH-18 | read as |\n|---|---|\n";
  for (const auto& [name, term] : worklist::hl7_character_sets())
    text += fmt::format("| {} | {} |\n", name, term.empty() ? "ASCII" : term);
  const config::Hl7ListenerSettings listener;
  text += "\n| listener | by default |\n|---|---|\n";
  text += fmt::format("| port | {} |\n| connections | {} |\n| longest message | {} bytes |\n| idle time | {} s |\n",
                      listener.port, listener.connections_max, listener.frame_bytes_max, listener.idle_timeout.count());
  return text;
}

std::string answers_to(std::string_view accept, std::string_view application, worklist::Taken taken) {
  worklist::Hl7Header header;
  header.accept_condition = accept;
  header.application_condition = application;
  std::string text;
  for (const auto& each : worklist::hl7_answers(header, {taken, {}, ""}, {})) {
    const auto acknowledgement = worklist::parse_acknowledgement(each);
    text += (text.empty() ? "" : ", ") + (acknowledgement ? acknowledgement->code : "?");
  }
  return text.empty() ? "none" : text;
}

std::string acknowledgements() {
  using worklist::Taken;
  std::string text =
      "| MSH-15 | MSH-16 | taken | cannot be used | not for us | our trouble |\n|---|---|---|---|---|---|\n";
  constexpr std::pair<std::string_view, std::string_view> kConditions[] = {
      {"", ""}, {"AL", "AL"}, {"AL", "NE"}, {"NE", "AL"}, {"ER", "ER"}, {"SU", "SU"}, {"NE", "NE"}};
  for (const auto& [accept, application] : kConditions) {
    text += fmt::format("| {} | {} |", accept, application);
    for (const auto taken : {Taken::accepted, Taken::error, Taken::rejected, Taken::failed})
      text += fmt::format(" {} |", answers_to(accept, application, taken));
    text += "\n";
  }
  return text;
}

}  // namespace

std::string hl7_tables() {
  return "\n### HL7: fields sent\n\n" + fields() + "\n### HL7: where the priority stands\n\n" + places() +
         "\n### HL7: received\n\n" + received() + "\n### HL7: acknowledgements of what is received\n\n" +
         acknowledgements();
}

}  // namespace inferad::app
