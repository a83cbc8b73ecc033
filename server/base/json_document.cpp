// SPDX-License-Identifier: Apache-2.0
#include "server/base/json_document.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "server/base/durable.h"
#include "server/base/json_positions.h"

namespace inferad {

namespace {

constexpr std::size_t kShownBytesMax = 60;

// Why the parser stopped at `offset`, in words that help; its own message talks about grammar.
std::string syntax_hint(std::string_view text, std::size_t offset) {
  const auto last = text.find_last_not_of(" \t\r\n");
  if (last == std::string_view::npos) return "the file is empty: expected an object { … }";
  if (offset > last) return "the text ends too early: a bracket, brace or quote is not closed";
  const char c = text[offset];
  if (c == '/' || c == '#') return "comments are not part of JSON: remove it, or use a \"description\" member";
  if (c == '\'') return "found ', expected \": JSON texts stand in double quotes";
  const auto before = offset == 0 ? std::string_view::npos : text.find_last_not_of(" \t\r\n", offset - 1);
  if ((c == '}' || c == ']') && before != std::string_view::npos && text[before] == ',') {
    return fmt::format("no comma may stand before {}: remove it", c);
  }
  if (static_cast<unsigned char>(c) < ' ') return "a text may not hold line breaks or control characters: write \\n";
  if (static_cast<unsigned char>(c) > '~') return "this is not JSON: found a byte that is not expected here (UTF-8?)";
  return fmt::format("this is not JSON: found {}; is a comma, colon or quote missing just before?", c);
}

std::string shortened(std::string text) {
  if (text.size() <= kShownBytesMax) return text;
  std::size_t end = kShownBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "…";
}

}  // namespace

struct JsonDocument::Impl {
  std::string name;
  nlohmann::json value;
  JsonPositions positions;
  Problems* problems;

  const Place& place(const std::string& pointer) const {
    static const Place start;
    const auto found = positions.places.find(pointer);
    return found == positions.places.end() ? start : found->second;
  }
};

JsonDocument::JsonDocument(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JsonDocument::~JsonDocument() = default;

std::unique_ptr<JsonDocument> JsonDocument::load(const std::filesystem::path& file, Problems& problems) {
  auto text = read_file(file, kJsonBytesMax);
  if (!text) {
    problems.push_back({file.string(), {}, "", text.error().what});
    return nullptr;
  }
  return parse(file.string(), *text, problems);
}

std::unique_ptr<JsonDocument> JsonDocument::parse(std::string name, std::string_view text, Problems& problems) {
  if (text.size() > kJsonBytesMax) {
    problems.push_back({name, {}, "", fmt::format("longer than {} bytes", kJsonBytesMax)});
    return nullptr;
  }
  auto impl = std::make_unique<Impl>(Impl{std::move(name), {}, find_positions(text), &problems});
  for (auto problem : impl->positions.problems) {
    problem.file = impl->name;
    problems.push_back(std::move(problem));
  }
  if (!impl->positions.problems.empty()) return nullptr;
  try {
    impl->value = nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t offset = error.byte == 0 ? 0 : error.byte - 1;
    problems.push_back({impl->name, position_at(text, offset), "", syntax_hint(text, offset)});
    return nullptr;
  } catch (const nlohmann::json::exception&) {  // a number beyond double
    problems.push_back({impl->name, {}, "", "a number is too large"});
    return nullptr;
  }
  return std::unique_ptr<JsonDocument>(new JsonDocument(std::move(impl)));
}

JsonNode JsonDocument::root() const { return {*this, impl_->value, ""}; }

void JsonDocument::add(const std::string& pointer, std::string what) const {
  impl_->problems->push_back({impl_->name, impl_->place(pointer).value, pointer, std::move(what)});
}

void JsonDocument::add_at_key(const std::string& pointer, std::string what) const {
  impl_->problems->push_back({impl_->name, impl_->place(pointer).key, pointer, std::move(what)});
}

std::string JsonNode::found() const {
  switch (value_->type()) {
    case nlohmann::json::value_t::null:
      return "null";
    case nlohmann::json::value_t::boolean:
      return value_->get<bool>() ? "true" : "false";
    case nlohmann::json::value_t::string:
      return "the text " + shortened(value_->dump());
    case nlohmann::json::value_t::object:
      return "an object";
    case nlohmann::json::value_t::array:
      return fmt::format("a list of {}", value_->size());
    default:
      return value_->dump();
  }
}

void JsonNode::fail_expected(std::string_view expected) const {
  std::string hint;
  if (value_->is_string() && (expected.starts_with("an integer") || expected.starts_with("a number"))) {
    hint = ": write it without quotes";
  } else if (value_->is_string() && expected.starts_with("true or false")) {
    hint = ": write it without quotes";
  } else if (value_->is_number() && expected.starts_with("a text")) {
    hint = ": put it in quotes";
  } else if (!value_->is_array() && expected.starts_with("a list")) {
    hint = ": put it in [ ]";
  }
  fail(fmt::format("found {}, expected {}{}", found(), expected, hint));
}

std::optional<std::string> JsonNode::text(std::string_view expected) const {
  if (value_->is_string()) return value_->get<std::string>();
  fail_expected(expected);
  return std::nullopt;
}

std::optional<std::int64_t> JsonNode::integer(std::int64_t least, std::int64_t most) const {
  // A number like 60.0 is an integer for JSON Schema too.
  std::optional<std::int64_t> value;
  if (value_->is_number_unsigned()) {
    const auto positive = value_->get<std::uint64_t>();
    if (positive <= static_cast<std::uint64_t>(INT64_MAX)) value = static_cast<std::int64_t>(positive);
  } else if (value_->is_number_integer()) {
    value = value_->get<std::int64_t>();
  } else if (value_->is_number_float() && std::abs(value_->get<double>()) < 1e15 &&
             std::trunc(value_->get<double>()) == value_->get<double>()) {
    value = static_cast<std::int64_t>(value_->get<double>());
  }
  if (value && *value >= least && *value <= most) return value;
  fail_expected(fmt::format("an integer from {} to {}", least, most));
  return std::nullopt;
}

std::optional<double> JsonNode::number(double least, double most) const {
  if (value_->is_number()) {
    const double value = value_->get<double>();
    if (value >= least && value <= most) return value;
  }
  fail_expected(fmt::format("a number from {} to {}", least, most));
  return std::nullopt;
}

std::optional<bool> JsonNode::boolean() const {
  if (value_->is_boolean()) return value_->get<bool>();
  fail_expected("true or false");
  return std::nullopt;
}

std::vector<JsonNode> JsonNode::elements(std::size_t least, std::size_t most) const {
  if (!value_->is_array() || value_->size() < least || value_->size() > most) {
    fail_expected(fmt::format("a list of {} to {}", least, most));
    return {};
  }
  std::vector<JsonNode> nodes;
  for (std::size_t i = 0; i < value_->size(); ++i) {
    nodes.emplace_back(*document_, (*value_)[i], pointer_to(pointer_, std::to_string(i)));
  }
  return nodes;
}

bool JsonNode::is_text() const { return value_->is_string(); }
bool JsonNode::is_array() const { return value_->is_array(); }
bool JsonNode::is_object() const { return value_->is_object(); }

std::optional<JsonNode> JsonNode::member(std::string_view name) const {
  if (!value_->is_object()) return std::nullopt;
  const auto found = value_->find(std::string(name));
  if (found == value_->end()) return std::nullopt;
  return JsonNode(*document_, *found, pointer_to(pointer_, name));
}

std::vector<std::string> JsonNode::member_names() const {
  std::vector<std::string> names;
  if (!value_->is_object()) return names;
  for (const auto& item : value_->items()) names.push_back(item.key());
  return names;
}

}  // namespace inferad
