// SPDX-License-Identifier: Apache-2.0
#include "pipelines/findings/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace inferad::findings {

namespace {

std::string escaped(std::string_view key) {  // RFC 6901 §3
  std::string result;
  for (char c : key) {
    if (c == '~')
      result += "~0";
    else if (c == '/')
      result += "~1";
    else
      result += c;
  }
  return result;
}

std::size_t character_count(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void Fault::add(const std::string& pointer, std::string_view what) {
  if (!first) first = Error{Errc::invalid_input, fmt::format("{}: {}", pointer.empty() ? "/" : pointer, what)};
}

Result<nlohmann::json> parse_json(std::string_view text) {
  if (text.size() > kJsonBytesMax)
    return Error{Errc::invalid_input, fmt::format("{} bytes of JSON, at most {}", text.size(), kJsonBytesMax)};
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    return Error{Errc::invalid_input, fmt::format("not JSON: syntax error at byte {}", error.byte)};
  }
}

JsonReader::JsonReader(const nlohmann::json* value, std::string pointer, Fault& fault)
    : value_(value), pointer_(std::move(pointer)), fault_(&fault) {}

JsonReader& JsonReader::object(std::initializer_list<std::string_view> keys) {
  if (!value_) return *this;
  if (!value_->is_object()) {
    fail("must be an object");
    value_ = nullptr;
    return *this;
  }
  for (const auto& [key, member] : value_->items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      fault_->add(pointer_ + "/" + escaped(key), "is not a member of this object");
  return *this;
}

JsonReader JsonReader::at(std::string_view key) const {
  if (auto member = find(key)) return *member;
  if (value_) fault_->add(pointer_ + "/" + escaped(key), "is missing");
  return {nullptr, pointer_ + "/" + escaped(key), *fault_};
}

std::optional<JsonReader> JsonReader::find(std::string_view key) const {
  if (!value_ || !value_->is_object()) return std::nullopt;
  const auto member = value_->find(key);
  if (member == value_->end()) return std::nullopt;
  return JsonReader(&*member, pointer_ + "/" + escaped(key), *fault_);
}

std::string JsonReader::text(std::size_t characters_max) const {
  if (!value_) return {};
  if (!value_->is_string()) {
    fail("must be a string");
    return {};
  }
  const auto& text = value_->get_ref<const std::string&>();
  const auto characters = character_count(text);
  if (characters > characters_max) fail(fmt::format("has {} characters, at most {}", characters, characters_max));
  if (text.find('\0') != std::string::npos) fail("contains a NUL character");
  return text;
}

std::string JsonReader::required_text(std::size_t characters_max) const {
  auto result = text(characters_max);
  if (result.empty()) fail("must not be empty");
  return result;
}

std::string JsonReader::uid() const {
  auto result = text(64);
  if (!is_uid(result)) fail("must be a DICOM UID");
  return result;
}

double JsonReader::number() const {
  if (!value_) return 0;
  if (!value_->is_number()) {
    fail("must be a number");
    return 0;
  }
  const auto number = value_->get<double>();
  if (!std::isfinite(number)) fail("must be finite");
  return number;
}

int JsonReader::integer(int least, int most) const {
  if (!value_) return least;
  const double number = value_->is_number_integer() ? value_->get<double>() : std::nan("");
  if (number >= least && number <= most) return static_cast<int>(number);
  fail(fmt::format("must be a whole number from {} to {}", least, most));
  return least;
}

bool JsonReader::boolean() const {
  if (!value_) return false;
  if (value_->is_boolean()) return value_->get<bool>();
  fail("must be true or false");
  return false;
}

std::size_t JsonReader::array_size(std::size_t count_max) const {
  if (!value_) return 0;
  if (!value_->is_array()) {
    fail("must be an array");
    return 0;
  }
  if (value_->size() > count_max) fail(fmt::format("has {} elements, at most {}", value_->size(), count_max));
  return value_->size();
}

JsonReader JsonReader::element(std::size_t index) const {
  return {&(*value_)[index], fmt::format("{}/{}", pointer_, index), *fault_};
}

bool is_uid(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  char previous = '.';
  for (const char c : text) {
    if (c == '.' ? previous == '.' : (c < '0' || c > '9')) return false;
    previous = c;
  }
  return previous != '.';
}

}  // namespace inferad::findings
