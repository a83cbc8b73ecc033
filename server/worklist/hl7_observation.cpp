// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/hl7_observation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace inferad::worklist {
namespace {

using Answer = std::optional<bool>;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool concerns(const ObservationMapping& mapping, const Hl7Segment& obx) {
  const auto is = [&](std::size_t code, std::size_t system) {
    return obx.text(3, code) == mapping.code && (mapping.system.empty() || obx.text(3, system) == mapping.system);
  };
  return is(1, 3) || is(4, 6);
}

bool holds(const std::vector<std::string>& values, const std::string& value) {
  return !value.empty() && std::find(values.begin(), values.end(), value) != values.end();
}

Answer of_number(const std::string& text, std::optional<double> present_at_least) {
  const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);  // an NM may have a sign
  const char* const end = text.data() + text.size();
  double number = 0;
  const auto read = std::from_chars(begin, end, number, std::chars_format::fixed);
  if (!present_at_least || read.ptr != end || read.ec != std::errc() || !std::isfinite(number)) return std::nullopt;
  return number >= *present_at_least;
}

// Of one value; codes may stand as the alternate.
Answer of_value(const ObservationMapping& mapping, std::string_view type, const std::string& value,
                const std::string& alternate) {
  if (type == "NM") return of_number(value, mapping.present_at_least);
  const bool coded = is_one_of(type, {"CWE", "CE", "CNE", "CF"});
  if (!coded && !is_one_of(type, {"ST", "IS", "ID"})) return std::nullopt;
  const bool present = holds(mapping.present, value) || (coded && holds(mapping.present, alternate));
  const bool absent = holds(mapping.absent, value) || (coded && holds(mapping.absent, alternate));
  return present == absent ? std::nullopt : Answer(present);
}

// Present when any says so, absent when all do.
Answer together(const std::vector<Answer>& answers) {
  const auto says = [](bool what) { return [what](const Answer& one) { return one == what; }; };
  if (std::any_of(answers.begin(), answers.end(), says(true))) return true;
  if (!answers.empty() && std::all_of(answers.begin(), answers.end(), says(false))) return false;
  return std::nullopt;
}

Answer of_observation(const ObservationMapping& mapping, const Hl7Segment& obx) {
  if (!is_one_of(obx.text(11), {"F", "C"})) return std::nullopt;  // taken back
  const auto values = obx.texts(5), alternates = obx.texts(5, 4);
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < values.size(); ++i)
    answers.push_back(of_value(mapping, obx.text(2), values[i], alternates[i]));
  return together(answers);
}

}  // namespace

std::vector<FindingStatement> hl7_statements(std::span<const Hl7Segment* const> report,
                                             std::span<const ObservationMapping> mappings) {
  std::map<std::string, std::vector<Answer>> answers;  // by finding
  for (const auto* segment : report) {
    if (segment->name() == "OBR" && !is_one_of(segment->text(25), {"", "F", "C"})) return {};
    if (segment->name() != "OBX" || !is_one_of(segment->text(11), {"F", "C", "W", "D", "X"})) continue;
    for (const auto& mapping : mappings)
      if (concerns(mapping, *segment)) answers[mapping.finding].push_back(of_observation(mapping, *segment));
  }
  std::vector<FindingStatement> out;
  for (const auto& [finding, said] : answers) out.push_back({finding, together(said)});
  return out;
}

}  // namespace inferad::worklist
