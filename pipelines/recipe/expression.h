// SPDX-License-Identifier: Apache-2.0
// `$` expressions of a configuration as syntax trees: a small, closed part of Python. Nothing is ever run that is not
// listed in evaluate.cpp or, for the bodies of functions, in the table below.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/recipe/value.h"
#include "server/base/result.h"

namespace inferad::recipe {

inline constexpr std::size_t kExpressionBytesMax = 4096;
inline constexpr int kExpressionDepthMax = 48;  // brackets, unary operators and the like within one another

struct Expression {
  enum class Kind {
    literal,     // value
    name,        // text: the parameter of the function, "x"
    subscript,   // parts: the object, then one for each index (in a body: literal int, None, list of int; slice; …)
    slice,       // parts: start, stop, step; literal None where absent. Only as an index
    ellipsis,    // only as an index
    unary,       // text: - + ~ (and not)
    binary,      // text: + - * / // % ** & | ^ (and: and or)
    comparison,  // text: < <= > >= == != (and: in is; `not in`, `is not` are `not` around these)
    call,        // text: "torch.where"; parts: positional arguments, then those of `keywords`
    // Never in the body of a Function, as what stands in ( ) above:
    list,         // parts; tuples too
    conditional,  // parts: condition, value if true, value if false
    reference,    // text: "key", "a#b#0"
    attribute,    // parts[0].text
    method,       // call of something without a plain dotted name: parts[0] is what is called
    dict,         // parts: key, value, key, value, …
    lambda,       // text: the parameter; parts[0]: the body
  };

  Kind kind = Kind::literal;
  std::string text;
  Value value;
  std::vector<Expression> parts;
  std::vector<std::string> keywords;
};

// `text` without the leading $. Errc::invalid_input says what is not understood.
Result<Expression> parse_expression(std::string_view text);

// "@network.to(…)": an expression shortened to what identifies it in a message.
std::string describe(const Expression& expression);

// What the body of a Function may call; the transform Lambda implements exactly these. In a body, each part that does
// not depend on the parameter is a literal already (also [2] in x[[2]], and the texts of dtypes), and call has the
// number of positional arguments and the keywords that stand here.
struct TensorFunction {
  std::string_view name;  // "torch.where"
  std::size_t positional_min, positional_max;
  std::vector<std::string_view> keywords;
};
std::span<const TensorFunction> tensor_functions();

}  // namespace inferad::recipe
