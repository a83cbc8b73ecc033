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

std::string msh(const PriorityMessage& message, const Hl7Profile& profile, bool omi) {
  // MSH counts its own separator as field 1, so MSH-n stands at index n-1.
  const auto index = [](std::size_t field) { return field - 1; };
  Segment segment("MSH");
  segment.set(index(2), "^~\\&")
      .set(index(3), hl7_escape(profile.sending_application))
      .set(index(4), hl7_escape(profile.sending_facility))
      .set(index(5), hl7_escape(profile.receiving_application))
      .set(index(6), hl7_escape(profile.receiving_facility))
      .set(index(7), hl7_time(message.created_at))
      .set(index(9), omi ? "OMI^O23^OMI_O23" : "ORM^O01")
      .set(index(10), hl7_escape(message.control_id))
      .set(index(11), hl7_escape(profile.processing_id))
      .set(index(12), omi ? "2.5.1" : "2.3.1")
      .set(index(18), "UNICODE UTF-8");
  if (profile.enhanced_acknowledgement) segment.set(index(15), "AL").set(index(16), "AL");
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

struct OrderNumbers {
  std::string placer, filler, accession;
};

OrderNumbers order_numbers(const Attributes& study) {
  return {escaped(study, "PlacerOrderNumberImagingServiceRequest"),
          escaped(study, "FillerOrderNumberImagingServiceRequest"), escaped(study, "AccessionNumber")};
}

std::string orc(const PriorityMessage& message, const Hl7Profile& profile, std::string_view priority) {
  const OrderNumbers numbers = order_numbers(message.study);
  Segment segment("ORC");
  segment.set(1, hl7_escape(profile.order_control)).set(2, numbers.placer).set(3, numbers.filler);
  if (profile.orc_7_6) segment.set(7, fmt::format("^^^^^{}", priority));
  return segment.set(9, hl7_time(message.created_at)).text();
}

std::string obr(const PriorityMessage& message, const Hl7Profile& profile, std::string_view priority) {
  const OrderNumbers numbers = order_numbers(message.study);
  Segment segment("OBR");
  // OBR-4 is required; the order's own procedure code is with the RIS, so the description stands in as text.
  std::string service = escaped(message.study, "StudyDescription");
  if (service.empty()) service = escaped(message.study, "Modality");
  segment.set(1, "1").set(2, numbers.placer).set(3, numbers.filler).set(4, fmt::format("^{}", service));
  if (profile.obr_5) segment.set(5, std::string(priority));
  segment.set(13, reason_text(message.decision))
      .set(18, numbers.accession)
      .set(19, escaped(message.study, "StudyID"))
      .set(24, escaped(message.study, "Modality"));
  if (profile.obr_27_6) segment.set(27, fmt::format("^^^^^{}", priority));
  return segment.text();
}

std::string nte(const PriorityMessage& message) {
  return Segment("NTE").set(1, "1").set(2, "L").set(3, reason_text(message.decision)).text();
}

std::string ipc(const Attributes& study) {
  return Segment("IPC")
      .set(1, escaped(study, "AccessionNumber"))
      .set(2, escaped(study, "StudyID"))
      .set(3, escaped(study, "StudyInstanceUID"))
      .set(5, escaped(study, "Modality"))
      .text();
}

std::string zds(const Attributes& study) {
  return Segment("ZDS").set(1, fmt::format("{}^INFERAD^Application^DICOM", escaped(study, "StudyInstanceUID"))).text();
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
  const bool omi = profile.message == OrderMessage::omi_o23;
  const std::string_view priority = hl7_priority(message.decision.level);
  std::string text = msh(message, profile, omi) + pid(message.study) + orc(message, profile, priority);
  if (omi && profile.tq1_9) text += Segment("TQ1").set(1, "1").set(9, std::string(priority)).text();
  text += obr(message, profile, priority) + nte(message);
  return text + (omi ? ipc(message.study) : zds(message.study));
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
