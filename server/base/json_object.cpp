// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "server/base/json_document.h"
#include "server/base/json_positions.h"

namespace inferad {

JsonObject::JsonObject(JsonNode node) : node_(std::move(node)) {
  if (!node_.is_object()) node_.fail_expected("an object { … }");
}

JsonObject::~JsonObject() {
  for (const auto& name : node_.member_names()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const std::string near = nearest_word(name, known_);
    node_.document().add_at_key(pointer_to(node_.pointer(), name),
                                near.empty() ? fmt::format("no such setting; known here: {}", list_of(known_))
                                             : fmt::format("no such setting: did you mean \"{}\"?", near));
  }
}

std::optional<JsonNode> JsonObject::find(const char* name) {
  known_.emplace_back(name);
  return node_.member(name);
}

std::optional<JsonNode> JsonObject::require(const char* name) {
  auto node = find(name);
  if (!node && node_.is_object()) node_.fail(fmt::format("\"{}\" is missing: add it here", name));
  return node;
}

void JsonObject::read(const char* name, std::string& out, std::size_t characters_max) {
  const auto node = find(name);
  if (!node) return;
  const auto text = node->text();
  if (!text) return;
  const bool control =
      std::any_of(text->begin(), text->end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
  const auto characters =
      std::count_if(text->begin(), text->end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  if (control || static_cast<std::size_t>(characters) > characters_max) {
    node->fail_expected(fmt::format("a text of at most {} characters without control characters", characters_max));
  } else {
    out = *text;
  }
}

void JsonObject::read(const char* name, bool& out) {
  if (const auto node = find(name)) out = node->boolean().value_or(out);
}

void JsonObject::read(const char* name, double& out, double least, double most) {
  if (const auto node = find(name)) out = node->number(least, most).value_or(out);
}

void JsonObject::read(const char* name, std::chrono::seconds& out, std::int64_t least, std::int64_t most) {
  if (const auto node = find(name)) out = std::chrono::seconds(node->integer(least, most).value_or(out.count()));
}

std::string list_of(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += '"' + words[i] + '"';
  }
  return text;
}

}  // namespace inferad
