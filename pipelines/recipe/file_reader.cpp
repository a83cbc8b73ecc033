// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace inferad::recipe {

namespace {

bool fits(const JsonNode& node, const std::string& text, std::size_t characters_max) {
  const auto characters =
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  const bool control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
  if (!text.empty() && !control && static_cast<std::size_t>(characters) <= characters_max) return true;
  node.fail_expected(fmt::format("a text of 1 to {} characters without control characters", characters_max));
  return false;
}

std::string checked_text(const JsonNode& node, std::size_t characters_max) {
  auto text = node.text();
  return text && fits(node, *text, characters_max) ? *text : std::string();
}

void read_range(JsonObject& object, const char* name, Range& out, double least, double most) {
  if (const auto node = object.find(name)) out = range(*node, least, most);
}

void read_texts(JsonObject& object, const char* name, std::vector<std::string>& out) {
  if (const auto node = object.find(name)) out = texts(*node, 64, 64);
}

void read_words(JsonObject& object, const char* name, std::vector<std::string>& out,
                const std::vector<std::string>& known) {
  const auto node = object.find(name);
  if (!node) return;
  out = texts(*node, known.size(), 64);
  for (const auto& word : out)
    if (std::find(known.begin(), known.end(), word) == known.end()) node->fail_expected(list_of(known));
}

}  // namespace

std::string required_text(JsonObject& object, const char* name, std::size_t characters_max) {
  const auto node = object.require(name);
  return node ? checked_text(*node, characters_max) : std::string();
}

std::string optional_text(JsonObject& object, const char* name, std::size_t characters_max) {
  const auto node = object.find(name);
  return node ? checked_text(*node, characters_max) : std::string();
}

std::vector<std::string> texts(const JsonNode& node, std::size_t count_max, std::size_t characters_max) {
  std::vector<std::string> result;
  if (node.is_array()) {
    for (const auto& element : node.elements(1, count_max)) result.push_back(checked_text(element, characters_max));
  } else {
    result.push_back(checked_text(node, characters_max));
  }
  return result;
}

Range range(const JsonNode& node, double least, double most) {
  Range result;
  JsonObject object(node);
  if (const auto value = object.find("min")) result.least = value->number(least, most);
  if (const auto value = object.find("max")) result.most = value->number(least, most);
  if (result.least && result.most && *result.least > *result.most)
    node.fail("min is larger than max: no value is in this range");
  if (result.is_open() && !object.has("min") && !object.has("max")) node.fail_expected("\"min\", \"max\" or both");
  return result;
}

findings::CodedConcept coded_concept(const JsonNode& node) {
  JsonObject object(node);
  findings::CodedConcept code;
  code.value = required_text(object, "value", 64);
  code.scheme = required_text(object, "scheme", 16);
  code.meaning = required_text(object, "meaning", 64);
  return code;
}

std::optional<findings::CodedConcept> optional_concept(JsonObject& object, const char* name) {
  const auto node = object.find(name);
  return node ? std::optional(coded_concept(*node)) : std::nullopt;
}

Eligibility eligibility(const JsonNode& node) {
  static constexpr std::array<std::pair<std::string_view, bool>, 2> unknown{{{"accept", false}, {"refuse", true}}};
  JsonObject object(node);
  Eligibility result;
  read_texts(object, "modality", result.modality);
  read_texts(object, "body_part", result.body_part);
  read_texts(object, "view", result.view);
  read_words(object, "sex", result.sex, {"F", "M", "O"});
  read_texts(object, "manufacturer", result.manufacturer);
  read_words(object, "orientation", result.orientation, {"axial", "coronal", "sagittal", "oblique"});
  read_range(object, "age_years", result.age_years, 0, 150);
  read_range(object, "pixel_spacing_mm", result.pixel_spacing_mm, 0, 100);
  read_range(object, "slice_distance_mm", result.slice_distance_mm, 0, 1000);
  read_range(object, "slices", result.slices, 1, 100'000);
  read_range(object, "rows", result.rows, 1, 65'535);
  read_range(object, "columns", result.columns, 1, 65'535);
  read_range(object, "coverage_mm", result.coverage_mm, 0, 10'000);
  if (const auto member = object.find("intensity")) result.intensity = intensity(*member);
  object.read("rescale_required", result.rescale_required);
  if (const auto word = object.find("unknown")) result.refuse_unknown = choose<bool>(*word, unknown).value_or(false);
  return result;
}

std::string identifier(JsonObject& object, const char* name) {
  const auto node = object.require(name);
  if (!node) return {};
  const auto text = node->text();
  const bool right =
      text && !text->empty() && text->size() <= 64 && std::all_of(text->begin(), text->end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  if (text && !right) node->fail_expected("a text of 1 to 64 letters, digits, - and _");
  return right ? *text : std::string();
}

void read_head(JsonObject& finding, FindingHead& head) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> levels{
      {{"STAT", "STAT"}, {"HIGH", "HIGH"}, {"ROUTINE", "ROUTINE"}}};
  head.id = identifier(finding, "id");
  head.name = required_text(finding, "name", 64);
  if (const auto code = finding.require("concept")) head.concept_code = coded_concept(*code);
  head.site = optional_concept(finding, "site");
  head.laterality = optional_concept(finding, "laterality");
  if (const auto level = finding.find("priority")) head.level = choose<std::string_view>(*level, levels).value_or("");
}

Error error_of(const Problems& problems) {
  constexpr std::size_t kShownMax = 50;
  std::string text;
  for (std::size_t i = 0; i < std::min(problems.size(), kShownMax); ++i)
    text += (i > 0 ? "\n" : "") + to_string(problems[i]);
  if (problems.size() > kShownMax) text += fmt::format("\nand {} more", problems.size() - kShownMax);
  return {Errc::invalid_input, std::move(text)};
}

}  // namespace inferad::recipe
