// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace inferad::recipe {

namespace {

using Kind = Expression::Kind;

Error refuse(std::string what) { return {Errc::invalid_input, std::move(what)}; }

bool depends_on(const Expression& expression, const std::string& parameter) {
  if (expression.kind == Kind::name) return expression.text == parameter;
  if (expression.kind == Kind::call && expression.text.starts_with(parameter + '.')) return true;  // its methods
  return std::any_of(expression.parts.begin(), expression.parts.end(),
                     [&](const Expression& part) { return depends_on(part, parameter); });
}

std::string dotted(const Expression& expression) {
  if (expression.kind == Kind::name) return expression.text;
  if (expression.kind != Kind::attribute) return {};
  const auto front = dotted(expression.parts[0]);
  return front.empty() ? "" : front + '.' + expression.text;
}

// The body of a function: what does not depend on the parameter is evaluated, the rest is checked and kept.
class Body {
 public:
  Body(std::string parameter, const Lookup& lookup) : parameter_(std::move(parameter)), lookup_(lookup) {}

  Result<Expression> close(const Expression& expression) const {
    if (expression.kind == Kind::name && expression.text == parameter_) return expression;
    if (!depends_on(expression, parameter_)) {
      INFERAD_TRY(auto value, evaluate(expression, lookup_));
      return Expression{Kind::literal, {}, std::move(value), {}, {}};
    }
    if (expression.kind == Kind::conditional) return chosen(expression);
    INFERAD_TRY_STATUS(check(expression));
    Expression closed{expression.kind, expression.text, {}, {}, expression.keywords};
    for (const auto& part : expression.parts) {
      const bool is_index = expression.kind == Kind::subscript && !closed.parts.empty();
      INFERAD_TRY(auto inner, is_index ? index(part) : close(part));
      closed.parts.push_back(std::move(inner));
    }
    return closed;
  }

 private:
  Result<Expression> chosen(const Expression& conditional) const {
    if (depends_on(conditional.parts[0], parameter_))
      return refuse("a condition on " + parameter_ + " is not supported: use torch.where");
    INFERAD_TRY(const auto condition, evaluate(conditional.parts[0], lookup_));
    return close(conditional.parts[is_true(condition) ? 1 : 2]);
  }

  Result<Expression> index(const Expression& expression) const {
    if (expression.kind == Kind::ellipsis) return expression;
    if (depends_on(expression, parameter_))
      return refuse("an index that depends on " + parameter_ + " is not supported");
    if (expression.kind != Kind::slice) {
      INFERAD_TRY(auto closed, close(expression));
      if (!is_index_value(closed.value)) return refuse("an index must be a whole number or a list of them");
      return closed;
    }
    Expression closed{Kind::slice, {}, {}, {}, {}};
    for (const auto& part : expression.parts) {
      INFERAD_TRY(auto inner, close(part));
      if (!inner.value.is_none() && !std::holds_alternative<std::int64_t>(inner.value.is))
        return refuse("a slice must have whole numbers");
      closed.parts.push_back(std::move(inner));
    }
    return closed;
  }

  static bool is_index_value(const Value& value) {
    const auto is_whole = [](const Value& one) { return std::holds_alternative<std::int64_t>(one.is); };
    const auto* list = std::get_if<List>(&value.is);
    return value.is_none() || is_whole(value) || (list && std::all_of(list->begin(), list->end(), is_whole));
  }

  static Status check(const Expression& expression) {
    static constexpr std::array<std::string_view, 5> logic = {"and", "or", "not", "in", "is"};
    switch (expression.kind) {
      case Kind::unary:
      case Kind::binary:
      case Kind::comparison:
        if (std::find(logic.begin(), logic.end(), expression.text) == logic.end()) return ok();
        break;
      case Kind::subscript:
        return ok();
      case Kind::call:
        return check_call(expression);
      default:
        break;
    }
    return refuse(describe(expression) + " is not supported in a function");
  }

  static Status check_call(const Expression& call) {
    const auto functions = tensor_functions();
    const auto found =
        std::find_if(functions.begin(), functions.end(), [&](const auto& known) { return known.name == call.text; });
    if (found == functions.end()) return refuse(call.text + "(…) is not supported in a function");
    const auto positional = call.parts.size() - call.keywords.size();
    if (positional < found->positional_min || positional > found->positional_max)
      return refuse(fmt::format("{}(…) with {} arguments is not supported", call.text, positional));
    for (std::size_t i = 0; i < call.keywords.size(); ++i) {
      const auto& keyword = call.keywords[i];
      if (std::count(found->keywords.begin(), found->keywords.end(), keyword) == 0)
        return refuse(fmt::format("{}(…) with {}= is not supported", call.text, keyword));
      if (std::find(call.keywords.begin(), call.keywords.begin() + static_cast<std::ptrdiff_t>(i), keyword) !=
          call.keywords.begin() + static_cast<std::ptrdiff_t>(i))
        return refuse(fmt::format("{}(…) has {}= twice", call.text, keyword));
    }
    return ok();
  }

  std::string parameter_;
  const Lookup& lookup_;
};

class Evaluation {
 public:
  explicit Evaluation(const Lookup& lookup) : lookup_(lookup) {}

  Result<Value> of(const Expression& e) const {
    switch (e.kind) {
      case Kind::literal:
        return e.value;
      case Kind::reference:
        return lookup_(e.text);
      case Kind::name:
      case Kind::attribute:
        return name(e);
      case Kind::list:
        return list(e);
      case Kind::dict:
        return dict(e);
      case Kind::subscript:
        return subscript(e);
      case Kind::unary: {
        INFERAD_TRY(const auto value, of(e.parts[0]));
        return apply_unary(e.text, value);
      }
      case Kind::binary:
        return binary(e);
      case Kind::comparison: {
        INFERAD_TRY(const auto left, of(e.parts[0]));
        INFERAD_TRY(const auto right, of(e.parts[1]));
        return compare(e.text, left, right);
      }
      case Kind::conditional: {
        INFERAD_TRY(const auto condition, of(e.parts[0]));
        return of(e.parts[is_true(condition) ? 1 : 2]);
      }
      case Kind::call:
        return call(e);
      case Kind::lambda:
        return function(e);
      case Kind::method:
      case Kind::slice:
      case Kind::ellipsis:
        break;
    }
    return refuse(describe(e) + " is not supported");
  }

 private:
  static Result<Value> name(const Expression& e) {
    const auto full = dotted(e);
    return full.empty() ? Result<Value>(refuse(describe(e) + " is not supported")) : constant(full);
  }

  Result<Value> list(const Expression& e) const {
    List list;
    std::size_t size = 0;
    for (const auto& part : e.parts) {
      INFERAD_TRY(auto value, of(part));
      size += size_of(value);
      if (size > kValuesMax) return refuse("a value is too large");
      list.push_back(std::move(value));
    }
    return Value{std::move(list)};
  }

  Result<Value> dict(const Expression& e) const {
    Dict dict;
    std::size_t size = 0;
    for (std::size_t i = 0; i + 1 < e.parts.size(); i += 2) {
      INFERAD_TRY(auto key, of(e.parts[i]));
      INFERAD_TRY(auto value, of(e.parts[i + 1]));
      auto* text = std::get_if<std::string>(&key.is);
      if (!text) return refuse("keys of a dict must be texts");
      size += size_of(value);
      if (size > kValuesMax) return refuse("a value is too large");
      dict.insert_or_assign(std::move(*text), std::move(value));
    }
    return Value{std::move(dict)};
  }

  Result<Value> subscript(const Expression& e) const {
    if (e.parts.size() != 2) return refuse(describe(e) + " with several indices is not supported");
    INFERAD_TRY(const auto object, of(e.parts[0]));
    const auto& index = e.parts[1];
    if (index.kind != Kind::slice) {
      INFERAD_TRY(const auto at, of(index));
      return item_of(object, at);
    }
    INFERAD_TRY(const auto start, of(index.parts[0]));
    INFERAD_TRY(const auto stop, of(index.parts[1]));
    INFERAD_TRY(const auto step, of(index.parts[2]));
    return slice_of(object, start, stop, step);
  }

  Result<Value> binary(const Expression& e) const {
    INFERAD_TRY(auto left, of(e.parts[0]));
    if (e.text == "and" || e.text == "or") return is_true(left) == (e.text == "or") ? left : of(e.parts[1]);
    INFERAD_TRY(const auto right, of(e.parts[1]));
    return apply_binary(e.text, left, right);
  }

  Result<Value> call(const Expression& e) const {
    if (!e.keywords.empty()) return refuse(fmt::format("{}(…) with {}= is not supported", e.text, e.keywords[0]));
    List arguments;
    for (const auto& part : e.parts) {
      INFERAD_TRY(auto value, of(part));
      arguments.push_back(std::move(value));
    }
    return call_function(e.text, arguments);
  }

  Result<Value> function(const Expression& e) const {
    INFERAD_TRY(auto body, Body(e.text, lookup_).close(e.parts[0]));
    return Value{Function{e.text, std::make_shared<const Expression>(std::move(body)), {}}};
  }

  const Lookup& lookup_;
};

}  // namespace

Result<Value> evaluate(const Expression& expression, const Lookup& lookup) { return Evaluation(lookup).of(expression); }

bool is_true(const Value& value) {
  if (value.is_none()) return false;
  if (const auto* flag = std::get_if<bool>(&value.is)) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&value.is)) return *number != 0;
  if (const auto* number = std::get_if<double>(&value.is)) return *number != 0;
  if (const auto* text = std::get_if<std::string>(&value.is)) return !text->empty();
  if (const auto* list = std::get_if<List>(&value.is)) return !list->empty();
  if (const auto* dict = std::get_if<Dict>(&value.is)) return !dict->empty();
  return true;
}

std::size_t size_of(const Value& value) {
  std::size_t size = 1;
  if (const auto* list = std::get_if<List>(&value.is))
    for (const auto& element : *list) size += size_of(element);
  if (const auto* dict = std::get_if<Dict>(&value.is))
    for (const auto& [key, element] : *dict) size += size_of(element);
  return size;
}

std::string_view type_name(const Value& value) {
  static constexpr std::array<std::string_view, 8> names = {"None", "bool", "int",  "float",
                                                            "str",  "list", "dict", "function"};
  return names[value.is.index()];
}

}  // namespace inferad::recipe
