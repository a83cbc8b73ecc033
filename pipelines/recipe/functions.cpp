// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numbers>

#include "pipelines/recipe/evaluate.h"

namespace inferad::recipe {

namespace {

Error refuse(std::string what) { return {Errc::invalid_input, std::move(what)}; }

constexpr std::array kDtypes = {"float16", "float32", "float64", "bfloat16", "int8",   "int16",
                                "int32",   "int64",   "uint8",   "uint16",   "uint32", "bool"};

// Other names of the same types.
const std::map<std::string, std::string, std::less<>>& dtype_aliases() {
  static const std::map<std::string, std::string, std::less<>> aliases{
      {"float", "float32"}, {"double", "float64"}, {"half", "float16"}, {"long", "int64"},
      {"int", "int32"},     {"short", "int16"},    {"bool_", "bool"},   {"single", "float32"}};
  return aliases;
}

std::string dtype(std::string_view word) {
  const auto alias = dtype_aliases().find(word);
  if (alias != dtype_aliases().end()) return alias->second;
  return std::find(kDtypes.begin(), kDtypes.end(), word) != kDtypes.end() ? std::string(word) : "";
}

std::string shown(const Value& value) {
  if (value.is_none()) return "None";
  if (const auto* flag = std::get_if<bool>(&value.is)) return *flag ? "True" : "False";
  if (const auto* number = std::get_if<std::int64_t>(&value.is)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value.is)) return *text;
  const double number = std::get<double>(value.is);
  auto text = fmt::format("{}", number);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

template <class Number>
Result<Value> parsed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\n"), last = text.find_last_not_of(" \t\n");
  if (first == std::string::npos) return refuse("an empty text is no number");
  const char *begin = text.data() + first, *end = text.data() + last + 1;
  if (*begin == '+') ++begin;
  Number number{};
  const auto read = std::from_chars(begin, end, number);
  if (read.ec != std::errc{} || read.ptr != end) return refuse(fmt::format("\"{}\" is no such number", text));
  return Value{number};
}

Result<Value> to_whole(const List& arguments) {
  const auto& value = arguments[0];
  if (const auto* text = std::get_if<std::string>(&value.is)) return parsed<std::int64_t>(*text);
  if (const auto* flag = std::get_if<bool>(&value.is)) return Value{std::int64_t{*flag}};
  if (std::holds_alternative<std::int64_t>(value.is)) return value;
  const auto* number = std::get_if<double>(&value.is);
  if (!number || !(std::abs(*number) < 9e18))
    return refuse(fmt::format("int() of {} is not supported", type_name(value)));
  return Value{static_cast<std::int64_t>(*number)};
}

Result<Value> to_real(const List& arguments) {
  const auto& value = arguments[0];
  if (const auto* text = std::get_if<std::string>(&value.is)) return parsed<double>(*text);
  if (const auto* flag = std::get_if<bool>(&value.is)) return Value{*flag ? 1.0 : 0.0};
  if (const auto* number = std::get_if<std::int64_t>(&value.is)) return Value{static_cast<double>(*number)};
  if (std::holds_alternative<double>(value.is)) return value;
  return refuse(fmt::format("float() of {} is not supported", type_name(value)));
}

Result<Value> to_text(const List& arguments) {
  const auto& value = arguments[0];
  if (std::holds_alternative<List>(value.is) || std::holds_alternative<Dict>(value.is) ||
      std::holds_alternative<Function>(value.is))
    return refuse(fmt::format("str() of {} is not supported", type_name(value)));
  return Value{shown(value)};
}

Result<Value> length(const List& arguments) {
  const auto& value = arguments[0];
  if (const auto* text = std::get_if<std::string>(&value.is)) return Value{static_cast<std::int64_t>(text->size())};
  if (const auto* list = std::get_if<List>(&value.is)) return Value{static_cast<std::int64_t>(list->size())};
  if (const auto* dict = std::get_if<Dict>(&value.is)) return Value{static_cast<std::int64_t>(dict->size())};
  return refuse(fmt::format("len() of {} is not supported", type_name(value)));
}

Result<Value> to_list(const List& arguments) {
  if (std::holds_alternative<List>(arguments[0].is)) return arguments[0];
  return refuse(fmt::format("a list of {} is not supported", type_name(arguments[0])));
}

Result<Value> absolute(const List& arguments) {
  INFERAD_TRY(const auto negative, compare("<", arguments[0], Value{std::int64_t{0}}));
  return apply_unary(is_true(negative) ? "-" : "+", arguments[0]);
}

// min() and max() of several arguments or of the elements of one list.
Result<Value> extreme(const List& arguments, const char* sign) {
  const auto* list = arguments.size() == 1 ? std::get_if<List>(&arguments[0].is) : &arguments;
  if (!list || list->empty()) return refuse("min() and max() need values");
  Value best = list->front();
  for (const auto& value : *list) {
    INFERAD_TRY(const auto better, compare(sign, value, best));
    if (is_true(better)) best = value;
  }
  return best;
}

Result<Value> join_path(const List& arguments) {
  std::string path;
  for (const auto& argument : arguments) {
    const auto* part = std::get_if<std::string>(&argument.is);
    if (!part) return refuse(fmt::format("os.path.join() of {} is not supported", type_name(argument)));
    if (part->starts_with('/')) path.clear();
    if (!path.empty() && !path.ends_with('/')) path += '/';
    path += *part;
    if (path.size() > kTextBytesMax) return refuse("a value is too large");
  }
  return Value{std::move(path)};
}

Result<Value> device(const List& arguments) {
  if (arguments.size() == 2) return Value{shown(arguments[0]) + ':' + shown(arguments[1])};
  return arguments[0];
}

struct Builtin {
  std::size_t arguments_min, arguments_max;
  std::function<Result<Value>(const List&)> call;
};

const std::map<std::string, Builtin, std::less<>>& builtins() {
  static const std::map<std::string, Builtin, std::less<>> table{
      {"int", {1, 1, to_whole}},
      {"float", {1, 1, to_real}},
      {"str", {1, 1, to_text}},
      {"bool", {1, 1, [](const List& arguments) { return Result<Value>(Value{is_true(arguments[0])}); }}},
      {"len", {1, 1, length}},
      {"list", {1, 1, to_list}},
      {"tuple", {1, 1, to_list}},
      {"abs", {1, 1, absolute}},
      {"min", {1, 64, [](const List& arguments) { return extreme(arguments, "<"); }}},
      {"max", {1, 64, [](const List& arguments) { return extreme(arguments, ">"); }}},
      {"os.path.join", {1, 64, join_path}},
      {"copy.copy", {1, 1, [](const List& arguments) { return Result<Value>(arguments[0]); }}},
      {"copy.deepcopy", {1, 1, [](const List& arguments) { return Result<Value>(arguments[0]); }}},
      {"torch.device", {1, 2, device}},
      {"torch.cuda.is_available", {0, 0, [](const List&) { return Result<Value>(Value{false}); }}},
  };
  return table;
}

}  // namespace

Result<Value> constant(const std::string& name) {
  static const std::map<std::string, Value, std::less<>> constants{
      {"math.pi", {std::numbers::pi}},
      {"np.pi", {std::numbers::pi}},
      {"numpy.pi", {std::numbers::pi}},
      {"math.inf", {std::numeric_limits<double>::infinity()}},
      {"np.inf", {std::numeric_limits<double>::infinity()}},
      {"numpy.inf", {std::numeric_limits<double>::infinity()}},
      {"monai.utils.CommonKeys.IMAGE", {std::string("image")}},
      {"monai.utils.CommonKeys.PRED", {std::string("pred")}},
      {"monai.utils.CommonKeys.LABEL", {std::string("label")}}};
  if (const auto found = constants.find(name); found != constants.end()) return found->second;
  const auto dot = name.find('.');
  const auto module = name.substr(0, dot);
  if (dot != std::string::npos && (module == "torch" || module == "np" || module == "numpy")) {
    if (auto type = dtype(std::string_view(name).substr(dot + 1)); !type.empty()) return Value{std::move(type)};
  }
  return refuse(name + " is not supported");
}

Result<Value> call_function(const std::string& name, const List& arguments) {
  const auto found = builtins().find(name);
  if (found == builtins().end()) return refuse(name + "(…) is not supported");
  const auto& builtin = found->second;
  if (arguments.size() < builtin.arguments_min || arguments.size() > builtin.arguments_max)
    return refuse(fmt::format("{}(…) with {} arguments is not supported", name, arguments.size()));
  return builtin.call(arguments);
}

}  // namespace inferad::recipe
