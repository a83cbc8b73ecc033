// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/hl7_message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "server/base/log.h"

namespace inferad::worklist {
namespace {

constexpr std::size_t kTextBytesMax = 300;  // of free text: reason, answer of the receiver

// A segment as numbered fields, so that a position is written as the standard names it.
class Segment {
 public:
  explicit Segment(std::string_view name) : fields_{std::string(name)} {}
  Segment& set(std::size_t position, std::string value) {
    if (fields_.size() <= position) fields_.resize(position + 1);
    fields_[position] = std::move(value);
    return *this;
  }
  std::string text() const { return fmt::format("{}\r", fmt::join(fields_, "|")); }

 private:
  std::vector<std::string> fields_;  // [0] is the segment name
};

// Everything that some receiver takes for the end of a segment: line breaks of ASCII and of Unicode.
bool breaks_line(std::string_view character) {
  constexpr std::array<std::string_view, 8> kBreaks = {"\t", "\n",       "\v",           "\f",
                                                       "\r", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};
  return std::find(kBreaks.begin(), kBreaks.end(), character) != kBreaks.end();
}

bool is_control(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return byte < 0x20 || byte == 0x7F;
  return byte == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;  // U+0080 to U+009F
}

void append_escaped(std::string& out, std::string_view character) {
  if (breaks_line(character)) {
    out += ' ';
  } else if (!is_control(character)) {
    switch (character[0]) {
      case '|':
        out += "\\F\\";
        break;
      case '^':
        out += "\\S\\";
        break;
      case '~':
        out += "\\R\\";
        break;
      case '\\':
        out += "\\E\\";
        break;
      case '&':
        out += "\\T\\";
        break;
      default:
        out += character;
    }
  }
}

std::string escaped(const Attributes& study, std::string_view keyword) { return hl7_escape(attribute(study, keyword)); }

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(separator, start);
    parts.push_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

// One group of a DICOM PN (family^given^middle^prefix^suffix) → HL7 XPN (family^given^middle^suffix^prefix).
std::string name_components(std::string_view group) {
  const auto parts = split(group, '^');
  const auto part = [&](std::size_t i) { return i < parts.size() ? hl7_escape(parts[i]) : std::string(); };
  return fmt::format("{}^{}^{}^{}^{}", part(0), part(1), part(2), part(4), part(3));
}

// Several groups of a DICOM PN (alphabetic=ideographic=phonetic) are repetitions, each with its Name Representation
// Code (XPN-8, table 0465); an alphabetic name alone needs none.
std::string person_name(std::string_view pn) {
  constexpr std::array kRepresentations{'A', 'I', 'P'};
  const auto groups = split(pn, '=');
  const auto alone = [&](std::string_view group) { return group.data() == pn.data() || group.empty(); };
  std::string xpn;
  if (std::all_of(groups.begin(), groups.end(), alone)) {
    xpn = name_components(groups.front());
    while (!xpn.empty() && xpn.back() == '^') xpn.pop_back();
    return xpn;
  }
  for (std::size_t i = 0; i < std::min(groups.size(), kRepresentations.size()); ++i)
    if (!groups[i].empty())
      xpn += fmt::format("{}{}^^L^{}", xpn.empty() ? "" : "~", name_components(groups[i]), kRepresentations[i]);
  return xpn;
}

std::string sex(std::string_view dicom) {
  return dicom == "M" || dicom == "F" || dicom == "O" ? std::string(dicom) : "U";
}

// Cut to `bytes` at the start of a character.
std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

// What a receiver wrote, for a page or a log: printable UTF-8, not long.
std::string plain_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && out.size() < kTextBytesMax;) {
    const std::size_t length = log::utf8_length(text, i);
    const std::string_view character = text.substr(i, std::max<std::size_t>(length, 1));
    if (length == 0)
      out += '?';
    else
      out += is_control(character) || breaks_line(character) ? " " : character;
    i += character.size();
  }
  return out;
}

std::string reason_text(const PriorityDecision& decision) {
  std::string text = fmt::format("AI triage (assists, not for primary diagnosis): {} [{} {}]", decision.reason,
                                 decision.pipeline, decision.pipeline_version);
  return hl7_escape(cut(text, kTextBytesMax));
}

std::string_view type_of(OrderMessage message) {
  switch (message) {
    case OrderMessage::omi_o23:
      return "OMI^O23^OMI_O23";
    case OrderMessage::orm_o01:
      return "ORM^O01";
    case OrderMessage::oru_r01:
      return "ORU^R01^ORU_R01";
  }
  return "";
}

std::string msh(const PriorityMessage& message, const Hl7Profile& profile) {
  // MSH counts its own separator as field 1, so MSH-n stands at index n-1.
  const auto index = [](std::size_t field) { return field - 1; };
  Segment segment("MSH");
  segment.set(index(2), "^~\\&")
      .set(index(3), hl7_escape(profile.sending_application))
      .set(index(4), hl7_escape(profile.sending_facility))
      .set(index(5), hl7_escape(profile.receiving_application))
      .set(index(6), hl7_escape(profile.receiving_facility))
      .set(index(7), hl7_time(message.created_at))
      .set(index(9), std::string(type_of(profile.message)))
      .set(index(10), hl7_escape(message.control_id))
      .set(index(11), hl7_escape(profile.processing_id))
      .set(index(12), profile.message == OrderMessage::orm_o01 ? "2.3.1" : "2.5.1")
      .set(index(18), "UNICODE UTF-8");
  if (profile.enhanced_acknowledgement)
    segment.set(index(15), "AL").set(index(16), profile.application_acknowledgement ? "AL" : "NE");
  return segment.text();
}

std::string pid(const Attributes& study) {
  const std::string id = escaped(study, "PatientID");
  return Segment("PID")
      .set(1, "1")
      .set(3, id.empty() ? "" : fmt::format("{}^^^{}^MR", id, escaped(study, "IssuerOfPatientID")))
      .set(5, person_name(attribute(study, "PatientName")))
      .set(7, escaped(study, "PatientBirthDate"))
      .set(8, sex(attribute(study, "PatientSex")))
      .text();
}

// As they stand in fields: what the RIS wrote, else what the images say.
struct OrderFields {
  std::string placer, filler, accession, procedure_id, service;
};

OrderFields order_fields(const PriorityMessage& message) {
  OrderFields out;
  if (!message.one_of_several)
    out = {escaped(message.study, "PlacerOrderNumberImagingServiceRequest"),
           escaped(message.study, "FillerOrderNumberImagingServiceRequest"), escaped(message.study, "AccessionNumber"),
           escaped(message.study, "StudyID"), ""};
  const auto prefer = [](std::string& field, const std::string& of_order) {
    if (!of_order.empty()) field = of_order;
  };
  if (message.order) {
    prefer(out.placer, message.order->placer_field);
    prefer(out.filler, message.order->filler_field);
    prefer(out.accession, hl7_escape(message.order->accession));
    out.service = message.order->service_field;
  }
  // OBR-4 is required; without an order of the RIS the description stands in as text.
  if (out.service.empty()) out.service = "^" + escaped(message.study, "StudyDescription");
  if (out.service == "^") out.service += escaped(message.study, "Modality");
  return out;
}

std::string orc(const PriorityMessage& message, const Hl7Profile& profile, std::string_view priority) {
  const OrderFields fields = order_fields(message);
  const bool report = profile.message == OrderMessage::oru_r01;
  Segment segment("ORC");
  segment.set(1, report ? "RE" : hl7_escape(profile.order_control)).set(2, fields.placer).set(3, fields.filler);
  if (profile.orc_7_6) segment.set(7, fmt::format("^^^^^{}", priority));
  return segment.set(9, hl7_time(message.created_at)).text();
}

std::string obr(const PriorityMessage& message, const Hl7Profile& profile, std::string_view priority) {
  const OrderFields fields = order_fields(message);
  Segment segment("OBR");
  segment.set(1, "1").set(2, fields.placer).set(3, fields.filler).set(4, fields.service);
  if (profile.obr_5) segment.set(5, std::string(priority));
  segment.set(13, reason_text(message.decision))
      .set(18, fields.accession)
      .set(19, fields.procedure_id)
      .set(24, escaped(message.study, "Modality"));
  if (profile.obr_27_6) segment.set(27, fmt::format("^^^^^{}", priority));
  if (profile.message == OrderMessage::oru_r01) {
    segment.set(7, hl7_time(message.created_at)).set(22, hl7_time(message.created_at)).set(25, "P");
  }
  return segment.text();
}

std::string nte(const PriorityMessage& message) {
  return Segment("NTE").set(1, "1").set(2, "L").set(3, reason_text(message.decision)).text();
}

std::string ipc(const PriorityMessage& message) {
  const Attributes& study = message.study;
  const OrderFields fields = order_fields(message);
  return Segment("IPC")
      .set(1, fields.accession)
      .set(2, fields.procedure_id)
      .set(3, escaped(study, "StudyInstanceUID"))
      .set(5, escaped(study, "Modality"))
      .text();
}

std::string zds(const Attributes& study) {
  return Segment("ZDS").set(1, fmt::format("{}^INFERAD^Application^DICOM", escaped(study, "StudyInstanceUID"))).text();
}

// The observations of a notification, numbered from 1. All of them preliminary and by a machine.
class Observations {
 public:
  explicit Observations(const PriorityMessage& message) : message_(message) {}

  // `flags`: OBX-8, abnormal flags (table 0078).
  Observations& add(const char* type, const std::string& what, const std::string& value, const char* flags = "") {
    const auto& decision = message_.decision;
    text_ += Segment("OBX")
                 .set(1, std::to_string(++count_))
                 .set(2, type)
                 .set(3, what)
                 .set(4, "1")
                 .set(5, value)
                 .set(8, flags)
                 .set(11, "P")
                 .set(14, hl7_time(message_.created_at))
                 .set(17, fmt::format("{}^{} {}^99INFERAD", hl7_escape(decision.pipeline),
                                      hl7_escape(decision.pipeline), hl7_escape(decision.pipeline_version)))
                 .text();
    return *this;
  }
  std::string text() const { return text_; }

 private:
  const PriorityMessage& message_;
  int count_ = 0;
  std::string text_;
};

// NM knows no exponent.
std::string number(double value) {
  auto text = fmt::format("{:.6f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string coded(const CodedFinding& finding) {
  return fmt::format("{}^{}^{}", hl7_escape(finding.value), hl7_escape(finding.meaning), hl7_escape(finding.scheme));
}

// Preliminary whatever its level, and said to be a machine's in an observation of its own: some receivers drop NTE.
std::string observations(const PriorityMessage& message) {
  const auto& decision = message.decision;
  Observations out(message);
  const char* const flags = decision.level == Level::stat ? "AA" : "A";
  if (message.finding.value.empty())
    out.add("TX", "FINDING^AI finding^99INFERAD", hl7_escape(cut(decision.reason, kTextBytesMax)), flags);
  else
    out.add("CWE", coded(message.finding), "52101004^Present^SCT", flags);
  const auto what = [&](const char* code) {
    return fmt::format("{}^{}^99INFERAD", code, hl7_escape(decision.score_name));
  };
  if (decision.score) out.add("NM", what("SCORE"), number(*decision.score), flags);
  if (decision.threshold) out.add("NM", what("THRESHOLD"), number(*decision.threshold));
  out.add("ST", "MODEL^AI model^99INFERAD",
          hl7_escape(
              fmt::format("{} {}, SHA-256 {}", decision.pipeline, decision.pipeline_version, decision.model_sha256)));
  out.add("ST", "STATUS^Status^99INFERAD", "AI result, not verified, not for primary diagnosis");
  return out.add("HD", "113014^DICOM Study^DCM", escaped(message.study, "StudyInstanceUID")).text();
}

}  // namespace

std::string_view hl7_priority(Level level) {
  switch (level) {
    case Level::stat:
      return "S";
    case Level::high:
      return "A";
    case Level::routine:
    case Level::low:
      return "R";
  }
  return "R";
}

std::string hl7_time(WallTime time) {
  const std::time_t whole = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return fmt::format("{:%Y%m%d%H%M%S}+0000", parts);
}

std::string hl7_escape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = log::utf8_length(text, i);
    if (length == 0)
      out += "\xEF\xBF\xBD";
    else
      append_escaped(out, text.substr(i, length));
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string priority_message(const PriorityMessage& message, const Hl7Profile& profile) {
  const std::string_view priority = hl7_priority(message.decision.level);
  std::string text = msh(message, profile) + pid(message.study) + orc(message, profile, priority);
  if (profile.message == OrderMessage::omi_o23 && profile.tq1_9)
    text += Segment("TQ1").set(1, "1").set(9, std::string(priority)).text();
  text += obr(message, profile, priority) + nte(message);
  if (profile.message == OrderMessage::oru_r01) return text + observations(message);
  return text + (profile.message == OrderMessage::omi_o23 ? ipc(message) : zds(message.study));
}

Result<Acknowledgement> parse_acknowledgement(std::string_view message) {
  for (const std::string_view line : split(message, '\r')) {
    const std::string_view segment = line.substr(std::min(line.find_first_not_of('\n'), line.size()));
    if (!segment.starts_with("MSA") || segment.size() < 4) continue;
    const auto fields = split(segment, segment[3]);
    const auto field = [&](std::size_t i) { return i < fields.size() ? fields[i] : std::string_view(); };
    constexpr std::array<std::string_view, 6> kCodes = {"AA", "AE", "AR", "CA", "CE", "CR"};
    if (std::find(kCodes.begin(), kCodes.end(), field(1)) == kCodes.end())
      return Error{Errc::invalid_input, "acknowledgement with an unknown code in MSA-1"};
    return Acknowledgement{std::string(field(1)), std::string(field(2)), plain_text(field(3))};
  }
  return Error{Errc::invalid_input, "answer without an MSA segment"};
}

}  // namespace inferad::worklist
