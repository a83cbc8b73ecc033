// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace inferad::tensor {
namespace {

using recipe::Value;

std::optional<double> as_number(const Value& value) {
  if (const auto* number = std::get_if<double>(&value.is)) return *number;
  if (const auto* integer = std::get_if<std::int64_t>(&value.is)) return static_cast<double>(*integer);
  return std::nullopt;
}

std::optional<std::int64_t> as_integer(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value.is)) return *integer;
  const auto* number = std::get_if<double>(&value.is);
  if (number == nullptr || *number != std::floor(*number) || std::abs(*number) > 9e15) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::optional<bool> as_flag(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value.is)) return *flag;
  if (const auto* text = std::get_if<std::string>(&value.is)) {
    if (*text == "True" || *text == "true") return true;
    if (*text == "False" || *text == "false") return false;
  }
  return std::nullopt;
}

template <class T>
std::optional<T> as(const Value& value) {
  if constexpr (std::is_same_v<T, double>) return as_number(value);
  if constexpr (std::is_same_v<T, std::int64_t>) return as_integer(value);
}

}  // namespace

Arguments::Arguments(const recipe::Step& step, std::size_t key_index) : step_(&step), key_index_(key_index) {
  read_.insert("allow_missing_keys");
}

const std::string& Arguments::key() const {
  static const std::string none;
  return key_index_ < step_->keys.size() ? step_->keys[key_index_] : none;
}

const Value* Arguments::find(std::string_view name) {
  read_.emplace(name);
  const auto found = step_->arguments.find(std::string(name));
  return found == step_->arguments.end() || found->second.is_none() ? nullptr : &found->second;
}

const Value* Arguments::find_for_key(std::string_view name) {
  const auto* found = find(name);
  if (found == nullptr) return nullptr;
  const auto* list = std::get_if<recipe::List>(&found->is);
  if (list == nullptr || list->size() != std::max<std::size_t>(1, step_->keys.size())) return found;
  return list->at(key_index_).is_none() ? nullptr : &list->at(key_index_);
}

bool Arguments::flag(std::string_view name, bool fallback) {
  const auto* found = find_for_key(name);
  if (found == nullptr) return fallback;
  const auto value = as_flag(*found);
  if (!value) refuse(name, "must be true or false");
  return value.value_or(fallback);
}

std::optional<double> Arguments::optional_number(std::string_view name) {
  const auto* found = find_for_key(name);
  if (found == nullptr) return std::nullopt;
  const auto value = as_number(*found);
  if (!value || !std::isfinite(*value)) refuse(name, "must be a number");
  return value;
}

double Arguments::number(std::string_view name, double fallback) { return optional_number(name).value_or(fallback); }

std::int64_t Arguments::integer(std::string_view name, std::int64_t fallback) {
  const auto* found = find_for_key(name);
  if (found == nullptr) return fallback;
  const auto value = as_integer(*found);
  if (!value) refuse(name, "must be an integer");
  return value.value_or(fallback);
}

std::string Arguments::text(std::string_view name, std::string_view fallback) {
  const auto* found = find_for_key(name);
  if (found == nullptr) return std::string(fallback);
  if (const auto* value = std::get_if<std::string>(&found->is)) return *value;
  refuse(name, "must be a text");
  return std::string(fallback);
}

std::string Arguments::joined_text(std::string_view name) {
  const auto* found = find(name);
  const auto* list = found == nullptr ? nullptr : std::get_if<recipe::List>(&found->is);
  if (list == nullptr || list->size() == step_->keys.size()) return text(name, "");
  std::string result;
  for (const auto& value : *list) {
    const auto* part = std::get_if<std::string>(&value.is);
    if (part == nullptr) refuse(name, "must be a text or a list of texts");
    if (part != nullptr) result += *part;
  }
  return result;
}

std::string Arguments::one_of(std::string_view name, std::string_view fallback,
                              std::initializer_list<std::string_view> allowed) {
  auto value = text(name, fallback);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  refuse(name, fmt::format("is `{}`; supported: {}", value, fmt::join(allowed, ", ")));
  return std::string(fallback);
}

std::optional<at::ScalarType> Arguments::dtype(std::string_view name) {
  if (find_for_key(name) == nullptr) return std::nullopt;
  const auto written = text(name, "");
  const auto type = scalar_type(written);
  if (!type) refuse(name, fmt::format("is `{}`, which is no type that is supported", written));
  return type;
}

template <class T>
std::vector<T> Arguments::list_of(std::string_view name, std::string_view expected) {
  const auto* found = find(name);
  if (found == nullptr) return {};
  std::vector<T> result;
  const auto add = [&](const Value& value) {
    if (const auto element = as<T>(value))
      result.push_back(*element);
    else
      refuse(name, expected);
  };
  if (const auto* list = std::get_if<recipe::List>(&found->is))
    for (const auto& value : *list) add(value);
  else
    add(*found);
  return result;
}

std::vector<double> Arguments::numbers(std::string_view name) {
  return list_of<double>(name, "must be a number or a list of numbers");
}

std::vector<std::int64_t> Arguments::integers(std::string_view name) {
  return list_of<std::int64_t>(name, "must be an integer or a list of integers");
}

const Value* Arguments::value(std::string_view name) { return find(name); }

void Arguments::require(std::string_view name) {
  if (find(name) == nullptr) refuse(name, "is missing");
}

void Arguments::ignore(std::initializer_list<std::string_view> names) {
  for (const auto name : names) read_.emplace(name);
}

void Arguments::ignore_all() { all_read_ = true; }

void Arguments::unsupported(std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    const auto* found = find_for_key(name);
    if (found != nullptr && as_flag(*found) != false) refuse(name, "is not supported");
  }
}

void Arguments::refuse(std::string_view name, std::string_view expected) {
  if (mistake_) return;
  mistake_ = Error{Errc::invalid_input, fmt::format("{}: {}: `{}` {}", step_->where, step_->target, name, expected)};
}

Status Arguments::finish() const {
  if (mistake_) return *mistake_;
  for (const auto& [name, value] : step_->arguments)
    if (!all_read_ && !read_.contains(name))
      return Error{Errc::invalid_input,
                   fmt::format("{}: {}: argument `{}` is not supported", step_->where, step_->target, name)};
  return ok();
}

std::optional<at::ScalarType> scalar_type(std::string_view name) {
  static constexpr std::pair<std::string_view, at::ScalarType> kTypes[] = {
      {"float32", at::kFloat}, {"float", at::kFloat}, {"float64", at::kDouble},    {"double", at::kDouble},
      {"float16", at::kHalf},  {"half", at::kHalf},   {"bfloat16", at::kBFloat16}, {"uint8", at::kByte},
      {"int8", at::kChar},     {"int16", at::kShort}, {"short", at::kShort},       {"int32", at::kInt},
      {"int", at::kInt},       {"int64", at::kLong},  {"long", at::kLong},         {"bool", at::kBool}};
  for (const auto& [written, type] : kTypes)
    if (written == name) return type;
  return std::nullopt;
}

}  // namespace inferad::tensor
