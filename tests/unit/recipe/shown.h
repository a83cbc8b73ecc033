// SPDX-License-Identifier: Apache-2.0
// Values and syntax trees as text, for comparisons in tests.
#pragma once

#include <sstream>
#include <string>

#include "pipelines/recipe/expression.h"

namespace inferad::recipe::testing {

inline std::string shown(const Value& value);

inline std::string shown(const Expression& expression) {
  using Kind = Expression::Kind;
  if (expression.kind == Kind::literal) return shown(expression.value);
  if (expression.kind == Kind::name) return expression.text;
  if (expression.kind == Kind::ellipsis) return "...";
  std::string text = expression.kind == Kind::subscript ? "(at" : expression.kind == Kind::slice ? "(slice" : "(";
  text += expression.text;
  const auto positional = expression.parts.size() - expression.keywords.size();
  for (std::size_t i = 0; i < expression.parts.size(); ++i) {
    text += ' ';
    if (i >= positional) text += expression.keywords[i - positional] + '=';
    text += shown(expression.parts[i]);
  }
  return text + ')';
}

inline std::string shown(const Value& value) {
  std::ostringstream text;
  if (value.is_none()) return "None";
  if (const auto* flag = std::get_if<bool>(&value.is)) return *flag ? "True" : "False";
  if (const auto* number = std::get_if<std::int64_t>(&value.is)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value.is)) {
    text << *number;
    return text.str().find_first_of(".ein") == std::string::npos ? text.str() + ".0" : text.str();
  }
  if (const auto* characters = std::get_if<std::string>(&value.is)) return '\'' + *characters + '\'';
  if (const auto* function = std::get_if<Function>(&value.is))
    return function->parameter + " -> " + shown(*function->body);
  if (const auto* list = std::get_if<List>(&value.is)) {
    for (const auto& element : *list) text << (text.tellp() > 0 ? ", " : "") << shown(element);
    return '[' + text.str() + ']';
  }
  for (const auto& [key, member] : std::get<Dict>(value.is))
    text << (text.tellp() > 0 ? ", " : "") << key << ": " << shown(member);
  return '{' + text.str() + '}';
}

}  // namespace inferad::recipe::testing
