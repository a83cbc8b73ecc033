// SPDX-License-Identifier: Apache-2.0
#include "server/config/condition_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/config/peers.h"
#include "server/core/attributes.h"

namespace inferad::config {

namespace {

using Kind = Condition::Kind;

constexpr double kLargest = 1e12;
constexpr std::array kTests{"equals", "in", "min", "max", "matches", "exists"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOrientations{
    {{"axial", "axial"}, {"coronal", "coronal"}, {"sagittal", "sagittal"}, {"oblique", "oblique"}}};

bool is_numeric(std::string_view vr) {
  constexpr std::array<std::string_view, 11> kNumeric{"AS", "DS", "IS", "US", "SS", "UL", "SL", "FL", "FD", "UV", "SV"};
  return std::find(kNumeric.begin(), kNumeric.end(), vr) != kNumeric.end();
}

void read_keyword(const JsonNode& node, std::vector<std::string>& out) {
  const auto text = node.text("a text with a DICOM keyword, as \"Modality\"");
  if (!text) return;
  out.push_back(*text);
  if (find_attribute(std::string_view(*text))) return;
  std::vector<std::string> known;
  for (const auto& info : header_attributes()) known.emplace_back(info.keyword);
  const std::string near = nearest_word(*text, known);
  node.fail(fmt::format("found {}, expected an attribute that the node keeps{}", node.found(),
                        near.empty() ? "; config/README.md lists those it keeps" : ": did you mean \"" + near + "\"?"));
}

std::vector<std::string> read_keywords(const JsonNode& node) {
  std::vector<std::string> keywords;
  if (node.is_array()) {
    for (const auto& element : node.elements(1, 16)) read_keyword(element, keywords);
  } else {
    read_keyword(node, keywords);
  }
  return keywords;
}

std::vector<std::string> read_values(const JsonNode& node) {
  std::vector<std::string> values;
  for (const auto& element : node.elements(1, 256)) {
    if (const auto text = element.text()) values.push_back(*text);
  }
  return values;
}

// "min" and "max" of `object`; at least one must be there.
Range read_range(JsonObject& object, double least) {
  Range range;
  if (const auto min = object.find("min")) range.min = min->number(least, kLargest);
  if (const auto max = object.find("max")) range.max = max->number(least, kLargest);
  if (range.min && range.max && *range.min > *range.max)
    object.node().fail("min is above max: no value can be in between");
  return range;
}

void check_numeric(const JsonNode& node, const std::vector<std::string>& keywords) {
  for (const auto& keyword : keywords) {
    const auto* info = find_attribute(std::string_view(keyword));
    if (info && !is_numeric(info->vr)) {
      node.fail(fmt::format("min and max need numbers, but {} is text (VR {}): use equals, in or matches", keyword,
                            info->vr));
    }
  }
}

Pattern read_pattern(const JsonNode& node) {
  const auto text = node.text("a text with a regular expression");
  if (!text) return {};
  auto pattern = Pattern::compile(*text);
  if (pattern) return *std::move(pattern);
  node.fail(pattern.error().what);
  return {};
}

Condition read_attribute_test(JsonObject& object) {
  Condition out;
  out.attributes = read_keywords(*object.find("attribute"));
  const auto given = std::count_if(kTests.begin(), kTests.end(), [&](const char* test) { return object.has(test); });
  const bool range = object.has("min") || object.has("max");
  if (given != (object.has("min") && object.has("max") ? 2 : 1)) {
    object.node().fail(
        R"(expected one test of the attribute: "equals", "in", "min" with "max", "matches" or "exists")");
  }
  out.kind = Kind::one_of;
  if (const auto node = object.find("equals")) out.values = {node->text().value_or("")};
  if (const auto node = object.find("in")) out.values = read_values(*node);
  out.range = read_range(object, -kLargest);
  if (range) {
    out.kind = Kind::range;
    check_numeric(object.node(), out.attributes);
  }
  if (const auto node = object.find("matches")) {
    out.kind = Kind::matches;
    out.pattern = read_pattern(*node);
  }
  if (const auto node = object.find("exists")) {
    out.kind = Kind::exists;
    out.wanted = node->boolean().value_or(true);
  }
  return out;
}

Condition read_images(const JsonNode& node) {
  Condition out;
  out.kind = Kind::images;
  JsonObject object(node);
  out.range = read_range(object, 0);
  if (node.is_object() && !out.range.min && !out.range.max) node.fail("expected \"min\" or \"max\" or both");
  return out;
}

Condition read_calling_ae(const JsonNode& node) {
  Condition out;
  out.kind = Kind::calling_ae;
  for (const auto& element : node.elements(1, 256)) {
    const auto text = element.text();
    if (text && !is_valid_ae_title(*text)) element.fail_expected("an AE title of 1 to 16 characters");
    if (text) out.values.push_back(*text);
  }
  return out;
}

Condition read_orientation(const JsonNode& node) {
  Condition out;
  out.kind = Kind::orientation;
  const auto read_word = [&](const JsonNode& word) {
    if (const auto value = choose<std::string_view>(word, kOrientations)) out.values.emplace_back(*value);
  };
  if (node.is_array()) {
    for (const auto& element : node.elements(1, kOrientations.size())) read_word(element);
  } else {
    read_word(node);
  }
  return out;
}

Condition read_slice_distance(const JsonNode& node) {
  Condition out;
  out.kind = Kind::slice_distance;
  out.wanted = false;
  JsonObject object(node);
  out.range = read_range(object, 0);
  object.read("uniform", out.wanted);
  if (node.is_object() && !out.range.min && !out.range.max && !out.wanted) {
    node.fail("expected \"min\", \"max\" or \"uniform\": true");
  }
  return out;
}

Condition read_group(Kind kind, const JsonNode& node, Scope scope) {
  Condition out;
  out.kind = kind;
  if (kind == Kind::all || kind == Kind::any) {
    for (const auto& element : node.elements(1, 64)) out.parts.push_back(read_condition(element, scope));
  } else {
    out.parts.push_back(read_condition(node, kind == Kind::some_series ? Scope::series : scope));
  }
  return out;
}

void refuse_in_study(const JsonNode& node, Scope scope) {
  if (scope == Scope::series) return;
  node.fail(R"(only a series has this: put it into {"series": …} or into the rule's "series")");
}

}  // namespace

Condition read_condition(const JsonNode& node, Scope scope) {
  JsonObject object(node);
  if (!node.is_object()) return {};
  constexpr std::array kShapes{"attribute", "images", "calling_ae", "orientation", "slice_distance",
                               "all",       "any",    "not",        "series"};
  const auto shapes =
      std::count_if(kShapes.begin(), kShapes.end(), [&](const char* shape) { return object.has(shape); });
  for (const char* shape : kShapes) object.allow(shape);
  if (shapes != 1) {
    for (const char* test : kTests) object.allow(test);
    node.fail(fmt::format("expected exactly one of {}", list_of({kShapes.begin(), kShapes.end()})));
    return {};
  }
  if (object.has("attribute")) return read_attribute_test(object);
  if (const auto part = object.find("images")) return read_images(*part);
  if (const auto part = object.find("calling_ae")) return read_calling_ae(*part);
  if (const auto part = object.find("all")) return read_group(Kind::all, *part, scope);
  if (const auto part = object.find("any")) return read_group(Kind::any, *part, scope);
  if (const auto part = object.find("not")) return read_group(Kind::negation, *part, scope);
  if (const auto part = object.find("series")) {
    if (scope == Scope::series) part->fail("a series has no series: remove this level");
    return read_group(Kind::some_series, *part, scope);
  }
  if (const auto part = object.find("orientation")) {
    refuse_in_study(*part, scope);
    return read_orientation(*part);
  }
  const auto part = object.find("slice_distance");
  refuse_in_study(*part, scope);
  return read_slice_distance(*part);
}

}  // namespace inferad::config
