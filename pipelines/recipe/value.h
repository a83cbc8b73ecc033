// SPDX-License-Identifier: Apache-2.0
// What a member of a recipe evaluates to: JSON's values, and functions of one argument. References (@) and expressions
// ($) are gone by then; `$torch.float32`, `$np.uint8` and the like have become the text "float32", "uint8".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace inferad::recipe {

struct Expression;  // syntax tree of the body of a function, pipelines/recipe/expression.h

// `lambda x: body`. Immutable, shared.
struct Function {
  std::string parameter;  // "x"
  std::shared_ptr<const Expression> body;
  std::string source;  // as written, for messages
};

struct Value;
using List = std::vector<Value>;
using Dict = std::map<std::string, Value>;

struct Value {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Dict, Function> is;

  bool is_none() const { return std::holds_alternative<std::monostate>(is); }
};

}  // namespace inferad::recipe
