// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/hl7_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <memory>
#include <set>

#include "server/worklist/hl7_message.h"

namespace inferad::worklist {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(separator, start);
    parts.push_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string_view part_of(std::string_view text, char separator, std::size_t position) {  // from 1
  const auto parts = split(text, separator);
  return position >= 1 && position <= parts.size() ? parts[position - 1] : std::string_view();
}

// Table 0211 → (0008,0005).
constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kCharacterSets{{
    {"ASCII", ""},
    {"8859/1", "ISO_IR 100"},
    {"8859/2", "ISO_IR 101"},
    {"8859/3", "ISO_IR 109"},
    {"8859/4", "ISO_IR 110"},
    {"8859/5", "ISO_IR 144"},
    {"8859/6", "ISO_IR 127"},
    {"8859/7", "ISO_IR 126"},
    {"8859/8", "ISO_IR 138"},
    {"8859/9", "ISO_IR 148"},
    {"8859/15", "ISO_IR 203"},
    {"ISO IR6", ""},
    {"ISO IR14", "ISO 2022 IR 13"},
    {"ISO IR87", "ISO 2022 IR 87"},
    {"ISO IR159", "ISO 2022 IR 159"},
    {"KS X 1001", "ISO 2022 IR 149"},
    {"GB 18030-2000", "GB18030"},
    {"UNICODE UTF-8", "ISO_IR 192"},
    {"UTF-8", "ISO_IR 192"},
    {"UNICODE", "ISO_IR 192"},  // in MLLP, whose framing needs bytes, this can only mean UTF-8
}};

std::string hex_bytes(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned value = 0;
    const auto* const begin = digits.data() + i;
    if (std::from_chars(begin, begin + 2, value, 16).ptr != begin + 2) return {};
    bytes += static_cast<char>(value);
  }
  return bytes;
}

bool is_line_break(char c) { return c == '\r' || c == '\n'; }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::find_if(text.begin(), text.end(), is_line_break);
    const auto length = static_cast<std::size_t>(end - text.begin());
    if (length > 0) lines.push_back(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return lines;
}

// MSH-n of the first line, before anything is decoded: it is ASCII.
std::string_view raw_header_field(std::string_view bytes, std::size_t field) {
  const auto lines = lines_of(bytes.substr(0, std::min(bytes.size(), std::size_t{4096})));
  return lines.empty() || bytes.size() < 4 ? std::string_view() : part_of(lines.front(), bytes[3], field);
}

}  // namespace

struct Hl7Segment::Encoding {
  char field = '|', component = '^', repetition = '~', escape = '\\', subcomponent = '&';
  TextDecoder decode;
  std::string character_set;

  // The text of one escape sequence, without its escape characters.
  std::string meaning(std::string_view sequence) const {
    if (sequence == "F") return {field};
    if (sequence == "S") return {component};
    if (sequence == "R") return {repetition};
    if (sequence == "E") return {escape};
    if (sequence == "T") return {subcomponent};
    if (sequence.starts_with('X') || sequence.starts_with('x'))
      return decode(hex_bytes(sequence.substr(1)), character_set);
    return sequence.starts_with('.') ? " " : "";
  }
};

std::optional<Hl7Place> hl7_place(std::string_view text) {
  const auto dash = text.find('-');
  if (dash != 3) return std::nullopt;
  Hl7Place place{std::string(text.substr(0, dash))};
  const auto is_name = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (!std::all_of(place.segment.begin(), place.segment.end(), is_name)) return std::nullopt;
  const auto number = [](std::string_view digits, std::size_t& out) {
    const auto* const end = digits.data() + digits.size();
    return std::from_chars(digits.data(), end, out).ptr == end && !digits.empty() && out >= 1 && out <= 99;
  };
  const auto rest = text.substr(dash + 1);
  const auto dot = rest.find('.');
  if (!number(rest.substr(0, dot), place.field)) return std::nullopt;
  if (dot != std::string_view::npos && !number(rest.substr(dot + 1), place.component)) return std::nullopt;
  return place;
}

std::span<const std::pair<std::string_view, std::string_view>> hl7_character_sets() { return kCharacterSets; }

std::optional<std::string> dicom_character_set(std::string_view msh_18) {
  std::string terms;
  bool first = true;
  for (const auto name : split(msh_18, '~')) {
    const auto* const known = std::find_if(kCharacterSets.begin(), kCharacterSets.end(),
                                           [&](const auto& entry) { return entry.first == name; });
    if (known == kCharacterSets.end() && !name.empty()) return std::nullopt;
    if (!first) terms += '\\';
    if (known != kCharacterSets.end()) terms += known->second;
    first = false;
  }
  return terms;
}

Result<Hl7Message> Hl7Message::parse(std::string_view bytes, const TextDecoder& decode, std::string_view undeclared) {
  while (!bytes.empty() && is_line_break(bytes.front())) bytes.remove_prefix(1);
  const auto end = bytes.starts_with("MSH") && bytes.size() > 8 ? bytes.find(bytes[3], 4) : std::string_view::npos;
  if (end != 8 && end != 9)  // |^~\\&|, and since 2.7 a truncation character
    return Error{Errc::invalid_input, "the message does not begin with MSH and its delimiters"};
  const auto delimiters = bytes.substr(3, end - 3);
  const auto unfit = [](char c) { return std::isgraph(static_cast<unsigned char>(c)) == 0; };
  if (std::set<char>(delimiters.begin(), delimiters.end()).size() != delimiters.size() ||
      std::any_of(delimiters.begin(), delimiters.end(), unfit))
    return Error{Errc::invalid_input, "the delimiters in MSH-1 and MSH-2 are not different characters"};
  auto declared = raw_header_field(bytes, 18);
  if (declared.empty()) declared = undeclared;
  const auto character_set = dicom_character_set(declared);
  if (!character_set) return Error{Errc::invalid_input, "MSH-18 names a character set that is not known here"};

  auto encoding = std::make_shared<Hl7Segment::Encoding>();
  encoding->field = bytes[3], encoding->component = bytes[4], encoding->repetition = bytes[5];
  encoding->escape = bytes[6], encoding->subcomponent = bytes[7];
  encoding->decode = decode, encoding->character_set = *character_set;

  Hl7Message message;
  const std::string text = decode(bytes, *character_set);
  for (const auto line : lines_of(text)) {
    auto& segment = message.segments_.emplace_back();
    segment.encoding_ = encoding;
    for (const auto field : split(line, encoding->field)) segment.fields_.emplace_back(field);
    if (segment.name() == "MSH") segment.fields_.insert(segment.fields_.begin() + 1, std::string(1, encoding->field));
  }
  return message;
}

const Hl7Segment& Hl7Message::header() const { return segments_.front(); }

const Hl7Segment* Hl7Message::find(std::string_view name) const {
  const auto found =
      std::find_if(segments_.begin(), segments_.end(), [&](const auto& segment) { return segment.name() == name; });
  return found == segments_.end() ? nullptr : &*found;
}

std::string Hl7Segment::unescaped(std::string_view value) const {
  if (value == "\"\"") return {};  // "delete the value": there is none
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto end = value[i] == encoding_->escape ? value.find(encoding_->escape, i + 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += value[i];
      continue;
    }
    out += encoding_->meaning(value.substr(i + 1, end - i - 1));
    i = end;
  }
  const auto first = out.find_first_not_of(' ');
  return first == std::string::npos ? std::string() : out.substr(first, out.find_last_not_of(' ') + 1 - first);
}

std::vector<std::string> Hl7Segment::texts(std::size_t field, std::size_t component) const {
  std::vector<std::string> out;
  if (field >= fields_.size()) return out;
  for (const auto repetition : split(fields_[field], encoding_->repetition))
    out.push_back(unescaped(part_of(repetition, encoding_->component, component)));
  return out;
}

std::string Hl7Segment::text(std::size_t field, std::size_t component) const {
  const auto all = texts(field, component);
  return all.empty() ? std::string() : all.front();
}

std::string Hl7Segment::rewritten(std::size_t field) const {
  if (field >= fields_.size()) return {};
  std::string out;
  const auto repetition = part_of(fields_[field], encoding_->repetition, 1);
  for (const auto component : split(repetition, encoding_->component)) {
    if (component.data() != repetition.data()) out += '^';
    for (const auto part : split(component, encoding_->subcomponent)) {
      if (part.data() != component.data()) out += '&';
      out += hl7_escape(unescaped(part));
    }
  }
  while (!out.empty() && out.back() == '^') out.pop_back();
  return out;
}

}  // namespace inferad::worklist
