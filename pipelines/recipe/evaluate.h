// SPDX-License-Identifier: Apache-2.0
// The values of `$` expressions, as Python gives them, without Python: numbers, texts, lists, dicts and the functions
// that evaluate.cpp lists. Tuples are lists. torch.cuda.is_available() is False and torch.device(x) is the text x: the
// engine's own setting decides about devices. Internal to recipe/. Pure.
#pragma once

#include <functional>
#include <string>

#include "pipelines/recipe/expression.h"
#include "pipelines/recipe/value.h"
#include "server/base/result.h"

namespace inferad::recipe {

inline constexpr std::size_t kValuesMax = 100'000;       // in one value, those within it counted
inline constexpr std::size_t kTextBytesMax = 64 * 1024;  // of one text

// Gives the value of a reference, without @.
using Lookup = std::function<Result<Value>(const std::string& id)>;

// Errc::invalid_input names what is not supported.
Result<Value> evaluate(const Expression& expression, const Lookup& lookup);

bool is_true(const Value& value);                // as Python's bool()
std::size_t size_of(const Value& value);         // 1 and those within it
std::string_view type_name(const Value& value);  // "int", "list", …

// operators.cpp
Result<Value> apply_unary(const std::string& sign, const Value& value);
Result<Value> apply_binary(const std::string& sign, const Value& left, const Value& right);  // not: and, or
Result<Value> compare(const std::string& sign, const Value& left, const Value& right);
Result<Value> item_of(const Value& object, const Value& index);
Result<Value> slice_of(const Value& object, const Value& start, const Value& stop, const Value& step);

// functions.cpp
Result<Value> constant(const std::string& name);  // "torch.float32", "np.pi"
Result<Value> call_function(const std::string& name, const List& arguments);

}  // namespace inferad::recipe
