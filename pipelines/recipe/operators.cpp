// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>

#include "pipelines/recipe/evaluate.h"

namespace inferad::recipe {

namespace {

Error wrong_types(const std::string& sign, const Value& left, const Value& right) {
  return {Errc::invalid_input,
          fmt::format("{} of {} and {} is not supported", sign, type_name(left), type_name(right))};
}

Error too_large() { return {Errc::invalid_input, "a value is too large"}; }

// bool counts as int.
std::optional<std::int64_t> whole(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value.is)) return *number;
  if (const auto* flag = std::get_if<bool>(&value.is)) return *flag ? 1 : 0;
  return std::nullopt;
}

std::optional<double> real(const Value& value) {
  if (const auto* number = std::get_if<double>(&value.is)) return *number;
  if (const auto number = whole(value)) return static_cast<double>(*number);
  return std::nullopt;
}

Result<Value> whole_binary(const std::string& sign, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (sign == "+") return __builtin_add_overflow(a, b, &result) ? Result<Value>(too_large()) : Value{result};
  if (sign == "-") return __builtin_sub_overflow(a, b, &result) ? Result<Value>(too_large()) : Value{result};
  if (sign == "*") return __builtin_mul_overflow(a, b, &result) ? Result<Value>(too_large()) : Value{result};
  if (sign == "&") return Value{a & b};
  if (sign == "|") return Value{a | b};
  if (sign == "^") return Value{a ^ b};
  if (sign == "**") {
    if (b < 0) return Value{std::pow(static_cast<double>(a), static_cast<double>(b))};
    result = 1;
    for (std::int64_t i = 0; i < b && result != 0 && (a != 1 || i == 0); ++i) {
      if (i == 64 && a != -1) return too_large();
      if (a == -1 && i > 1) return Value{std::int64_t{b % 2 == 0 ? 1 : -1}};
      if (__builtin_mul_overflow(result, a, &result)) return too_large();
    }
    return Value{result};
  }
  if (b == 0) return Error{Errc::invalid_input, "a division by zero"};
  if (a == std::numeric_limits<std::int64_t>::min() && b == -1) return too_large();
  const bool adjust = a % b != 0 && ((a < 0) != (b < 0));  // towards minus infinity
  if (sign == "//") return Value{a / b - (adjust ? 1 : 0)};
  return Value{a % b + (adjust ? b : 0)};
}

Result<Value> real_binary(const std::string& sign, double a, double b) {
  if (sign == "+") return Value{a + b};
  if (sign == "-") return Value{a - b};
  if (sign == "*") return Value{a * b};
  if (sign == "**") {
    const double power = std::pow(a, b);
    if (!std::isfinite(power) && std::isfinite(a) && std::isfinite(b)) return too_large();
    return Value{power};
  }
  if (b == 0) return Error{Errc::invalid_input, "a division by zero"};
  if (sign == "/") return Value{a / b};
  if (sign == "//") return Value{std::floor(a / b)};
  const double remainder = std::fmod(a, b);
  return Value{remainder != 0 && ((remainder < 0) != (b < 0)) ? remainder + b : remainder};
}

Result<Value> concatenate(const Value& left, const Value& right) {
  if (const auto* text = std::get_if<std::string>(&left.is)) {
    const auto& end = std::get<std::string>(right.is);
    if (text->size() + end.size() > kTextBytesMax) return too_large();
    return Value{*text + end};
  }
  if (size_of(left) + size_of(right) > kValuesMax) return too_large();
  List list = std::get<List>(left.is);
  const auto& end = std::get<List>(right.is);
  list.insert(list.end(), end.begin(), end.end());
  return Value{std::move(list)};
}

Result<Value> repeat(const Value& value, std::int64_t times) {
  const auto count = static_cast<std::uint64_t>(times < 0 ? 0 : times);
  if (count > kValuesMax || size_of(value) * count > kValuesMax) return too_large();
  if (const auto* text = std::get_if<std::string>(&value.is)) {
    if (text->size() * count > kTextBytesMax) return too_large();
    std::string result;
    for (std::uint64_t i = 0; i < count; ++i) result += *text;
    return Value{std::move(result)};
  }
  List list;
  const auto& part = std::get<List>(value.is);
  for (std::uint64_t i = 0; i < count; ++i) list.insert(list.end(), part.begin(), part.end());
  return Value{std::move(list)};
}

bool is_row(const Value& value) {
  return std::holds_alternative<std::string>(value.is) || std::holds_alternative<List>(value.is);
}

bool equal(const Value& left, const Value& right) {
  if (const auto a = whole(left), b = whole(right); a && b) return *a == *b;
  if (const auto a = real(left), b = real(right); a && b) return *a == *b;
  if (left.is.index() != right.is.index()) return false;
  if (left.is_none()) return true;
  if (const auto* text = std::get_if<std::string>(&left.is)) return *text == std::get<std::string>(right.is);
  if (const auto* list = std::get_if<List>(&left.is)) {
    const auto& other = std::get<List>(right.is);
    return std::equal(list->begin(), list->end(), other.begin(), other.end(), equal);
  }
  if (const auto* dict = std::get_if<Dict>(&left.is)) {
    const auto& other = std::get<Dict>(right.is);
    return std::equal(dict->begin(), dict->end(), other.begin(), other.end(),
                      [](const auto& a, const auto& b) { return a.first == b.first && equal(a.second, b.second); });
  }
  return false;  // functions
}

Result<Value> contains(const Value& member, const Value& container) {
  if (const auto* list = std::get_if<List>(&container.is)) {
    for (const auto& element : *list)
      if (equal(element, member)) return Value{true};
    return Value{false};
  }
  const auto* text = std::get_if<std::string>(&member.is);
  if (const auto* dict = std::get_if<Dict>(&container.is)) return Value{text && dict->contains(*text)};
  const auto* whole_text = std::get_if<std::string>(&container.is);
  if (text && whole_text) return Value{whole_text->find(*text) != std::string::npos};
  return wrong_types("in", member, container);
}

template <class T>
bool in_order(const std::string& sign, const T& a, const T& b) {
  if (sign == "<") return a < b;
  if (sign == "<=") return a <= b;
  if (sign == ">") return a > b;
  return a >= b;
}

// Python's slice.indices().
struct Range {
  std::int64_t start, stop, step;
};

Result<Range> range_of(std::int64_t size, const Value& start, const Value& stop, const Value& step) {
  for (const auto* part : {&start, &stop, &step})
    if (!part->is_none() && !whole(*part)) return Error{Errc::invalid_input, "a slice must have whole numbers"};
  const auto by = whole(step).value_or(1);
  if (by == 0) return Error{Errc::invalid_input, "the step of a slice is zero"};
  const std::int64_t least = by > 0 ? 0 : -1, most = by > 0 ? size : size - 1;
  const auto clamped = [&](const Value& value, std::int64_t absent) {
    if (value.is_none()) return absent;
    auto at = std::clamp(*whole(value), -size - 1, size + 1);
    if (at < 0) at += size;
    return std::clamp(at, least, most);
  };
  return Range{clamped(start, by > 0 ? 0 : size - 1), clamped(stop, by > 0 ? size : -1), by};
}

template <class Row>
Row taken(const Row& row, const Range& range) {
  Row result;
  const auto size = static_cast<std::int64_t>(row.size());
  for (std::int64_t at = range.start; range.step > 0 ? at < range.stop : at > range.stop; at += range.step) {
    result.push_back(row[static_cast<std::size_t>(at)]);
    if (range.step > size || range.step < -size) break;  // no second one; at must not overflow
  }
  return result;
}

}  // namespace

Result<Value> apply_unary(const std::string& sign, const Value& value) {
  if (sign == "not") return Value{!is_true(value)};
  if (const auto number = whole(value)) {
    if (sign == "~") return Value{~*number};
    if (sign == "+") return Value{*number};
    if (*number == std::numeric_limits<std::int64_t>::min()) return too_large();
    return Value{-*number};
  }
  const auto* number = std::get_if<double>(&value.is);
  if (!number || sign == "~")
    return Error{Errc::invalid_input, fmt::format("{} of {} is not supported", sign, type_name(value))};
  return Value{sign == "-" ? -*number : *number};
}

Result<Value> apply_binary(const std::string& sign, const Value& left, const Value& right) {
  const auto a = whole(left), b = whole(right);
  if (a && b && sign != "/") return whole_binary(sign, *a, *b);
  const bool bits = sign == "&" || sign == "|" || sign == "^";
  if (const auto c = real(left), d = real(right); c && d && !bits) return real_binary(sign, *c, *d);
  if (sign == "+" && is_row(left) && left.is.index() == right.is.index()) return concatenate(left, right);
  if (sign == "*" && is_row(left) && b) return repeat(left, *b);
  if (sign == "*" && is_row(right) && a) return repeat(right, *a);
  return wrong_types(sign, left, right);
}

Result<Value> compare(const std::string& sign, const Value& left, const Value& right) {
  if (sign == "==") return Value{equal(left, right)};
  if (sign == "!=") return Value{!equal(left, right)};
  if (sign == "in") return contains(left, right);
  if (sign == "is") {  // for None, True, False
    const bool known = right.is_none() || std::holds_alternative<bool>(right.is);
    if (!known) return wrong_types(sign, left, right);
    return Value{left.is.index() == right.is.index() && equal(left, right)};
  }
  if (const auto a = whole(left), b = whole(right); a && b) return Value{in_order(sign, *a, *b)};
  if (const auto a = real(left), b = real(right); a && b) return Value{in_order(sign, *a, *b)};
  const auto *a = std::get_if<std::string>(&left.is), *b = std::get_if<std::string>(&right.is);
  if (a && b) return Value{in_order(sign, *a, *b)};
  return wrong_types(sign, left, right);
}

Result<Value> item_of(const Value& object, const Value& index) {
  if (const auto* dict = std::get_if<Dict>(&object.is)) {
    const auto* key = std::get_if<std::string>(&index.is);
    if (!key || !dict->contains(*key))
      return Error{Errc::invalid_input, key ? fmt::format("there is no member \"{}\"", *key) : "a key must be a text"};
    return dict->at(*key);
  }
  if (!is_row(object) || !whole(index)) return wrong_types("[ ]", object, index);
  const auto* list = std::get_if<List>(&object.is);
  const auto size = static_cast<std::int64_t>(list ? list->size() : std::get<std::string>(object.is).size());
  auto at = *whole(index);
  if (at < -size || at >= size) return Error{Errc::invalid_input, fmt::format("there is no element {}", at)};
  if (at < 0) at += size;
  if (list) return (*list)[static_cast<std::size_t>(at)];
  return Value{std::get<std::string>(object.is).substr(static_cast<std::size_t>(at), 1)};
}

Result<Value> slice_of(const Value& object, const Value& start, const Value& stop, const Value& step) {
  if (!is_row(object)) return Error{Errc::invalid_input, fmt::format("{} has no slices", type_name(object))};
  if (const auto* list = std::get_if<List>(&object.is)) {
    INFERAD_TRY(const auto range, range_of(static_cast<std::int64_t>(list->size()), start, stop, step));
    return Value{taken(*list, range)};
  }
  const auto& text = std::get<std::string>(object.is);
  INFERAD_TRY(const auto range, range_of(static_cast<std::int64_t>(text.size()), start, stop, step));
  return Value{taken(text, range)};
}

}  // namespace inferad::recipe
