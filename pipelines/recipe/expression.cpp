// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "pipelines/recipe/tokens.h"

namespace inferad::recipe {

namespace {

using Kind = Expression::Kind;

constexpr std::array kWordsRefused = {"for",  "await", "yield", "import", "async", "from",   "as", "def",
                                      "with", "del",   "class", "assert", "raise", "global", "try"};

Expression make(Kind kind, std::string text, std::vector<Expression> parts = {}) {
  return {kind, std::move(text), {}, std::move(parts), {}};
}
Expression literal(Value value) { return {Kind::literal, {}, std::move(value), {}, {}}; }

// "torch.nn.x" of a chain of attributes that starts with a name; "" of anything else.
std::string dotted(const Expression& expression) {
  if (expression.kind == Kind::name) return expression.text;
  if (expression.kind != Kind::attribute) return {};
  const auto front = dotted(expression.parts[0]);
  return front.empty() ? "" : front + '.' + expression.text;
}

// Recursive descent, a function for each level of Python's precedence. The first mistake is kept in error_; after it
// every function returns at once.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<Expression> run() {
    auto result = list_or_one();
    if (!failed() && here().kind != Token::Kind::end) fail_here();
    if (failed()) return Error{Errc::invalid_input, error_};
    return result;
  }

 private:
  bool failed() const { return !error_.empty(); }
  const Token& here() const { return tokens_[at_]; }
  bool is(std::string_view word) const {
    return (here().kind == Token::Kind::sign || here().kind == Token::Kind::name) && here().word == word;
  }
  bool take(std::string_view word) {
    if (failed() || !is(word)) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view word) {
    if (!failed() && !take(word)) fail_here();
  }
  Expression fail(std::string what) {
    if (!failed()) error_ = std::move(what);
    return {};
  }
  Expression fail_here() {
    if (here().kind == Token::Kind::end) return fail("it ends too early");
    if (is("for")) return fail("comprehensions (for … in …) are not supported");
    return fail(fmt::format("\"{}\" is not supported here", here().word));
  }

  // One level deeper for as long as it lives.
  struct Level {
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kExpressionDepthMax) parser_.fail("it is nested too deeply");
    }
    ~Level() { --parser_.depth_; }
    Parser& parser_;
  };

  // A row of expressions with commas outside of brackets is a tuple.
  Expression list_or_one() {
    auto first = expression();
    if (!is(",")) return first;
    std::vector<Expression> parts{std::move(first)};
    while (take(",") && here().kind != Token::Kind::end && !is(")")) parts.push_back(expression());
    return make(Kind::list, "", std::move(parts));
  }

  Expression expression() {
    const Level level(*this);
    if (failed()) return {};
    if (take("lambda")) return lambda();
    auto value = disjunction();
    if (!take("if")) return value;
    auto condition = disjunction();
    expect("else");
    auto otherwise = expression();
    return make(Kind::conditional, "", {std::move(condition), std::move(value), std::move(otherwise)});
  }

  Expression lambda() {
    if (here().kind != Token::Kind::name) return fail("a lambda must have exactly one parameter");
    const auto parameter = here().word;
    ++at_;
    if (!take(":")) return fail("a lambda must have exactly one parameter");
    return make(Kind::lambda, parameter, {expression()});
  }

  template <class Next>
  Expression row(std::initializer_list<std::string_view> operators, Next next) {
    auto left = next();
    while (!failed()) {
      const auto* found = std::find_if(operators.begin(), operators.end(), [&](auto word) { return take(word); });
      if (found == operators.end()) return left;
      auto right = next();
      left = make(Kind::binary, std::string(*found), {std::move(left), std::move(right)});
    }
    return {};
  }

  Expression disjunction() {
    return row({"or"}, [this] { return row({"and"}, [this] { return negation(); }); });
  }

  Expression negation() {
    if (!take("not")) return comparison();
    const Level level(*this);
    if (failed()) return {};
    return make(Kind::unary, "not", {negation()});
  }

  Expression comparison() {
    auto left = bits();
    const auto word = comparison_sign();
    if (word.empty()) return left;
    auto right = bits();
    if (!comparison_sign().empty()) return fail("chains of comparisons are not supported: use and");
    const bool negated = word.starts_with("not ");
    auto result = make(Kind::comparison, negated ? word.substr(4) : word, {std::move(left), std::move(right)});
    return negated ? make(Kind::unary, "not", {std::move(result)}) : result;
  }

  std::string comparison_sign() {
    for (const auto* sign : {"<=", ">=", "==", "!=", "<", ">", "in"})
      if (take(sign)) return sign;
    if (take("is")) return take("not") ? "not is" : "is";
    if (!is("not")) return {};
    ++at_;
    expect("in");
    return "not in";
  }

  Expression bits() {
    return row({"|"}, [this] { return row({"^"}, [this] { return row({"&"}, [this] { return sum(); }); }); });
  }

  Expression sum() {
    return row({"+", "-"}, [this] { return row({"*", "//", "/", "%"}, [this] { return factor(); }); });
  }

  Expression factor() {
    const Level level(*this);
    if (failed()) return {};
    for (const auto* sign : {"-", "+", "~"})
      if (take(sign)) return make(Kind::unary, sign, {factor()});
    auto base = primary();
    if (!take("**")) return base;
    auto exponent = factor();
    return make(Kind::binary, "**", {std::move(base), std::move(exponent)});
  }

  Expression primary() {
    auto result = atom();
    for (int steps = 0; !failed(); ++steps) {
      if (steps == kExpressionDepthMax) return fail("it is nested too deeply");
      if (take(".")) {
        if (here().kind != Token::Kind::name) return fail_here();
        result = make(Kind::attribute, here().word, {std::move(result)});
        ++at_;
      } else if (take("(")) {
        result = call(std::move(result));
      } else if (take("[")) {
        result = subscript(std::move(result));
      } else {
        return result;
      }
    }
    return {};
  }

  Expression call(Expression callee) {
    const auto name = dotted(callee);
    auto result = make(name.empty() ? Kind::method : Kind::call, name);
    if (name.empty()) result.parts.push_back(std::move(callee));
    while (!failed() && !take(")")) {
      if (here().kind == Token::Kind::name && tokens_[at_ + 1].word == "=" &&
          tokens_[at_ + 1].kind == Token::Kind::sign) {
        result.keywords.push_back(here().word);
        at_ += 2;
      } else if (!result.keywords.empty()) {
        return fail("a positional argument after a keyword");
      }
      result.parts.push_back(expression());
      if (!is(")")) expect(",");
    }
    return result;
  }

  Expression subscript(Expression object) {
    auto result = make(Kind::subscript, "", {std::move(object)});
    do {
      if (is("]") && result.parts.size() > 1) break;
      result.parts.push_back(index());
    } while (take(","));
    expect("]");
    return result;
  }

  Expression index() {
    if (take("...")) return make(Kind::ellipsis, "");
    std::vector<Expression> parts(3, literal({}));
    std::size_t colons = 0;
    while (!failed()) {
      if (take(":")) {
        if (++colons > 2) return fail("a slice has at most three parts");
      } else if (is("]") || is(",")) {
        break;
      } else {
        parts[colons] = expression();
        if (!is(":") && !is("]") && !is(",")) return fail_here();
      }
    }
    if (colons > 0) return make(Kind::slice, "", std::move(parts));
    if (parts[0].kind == Kind::literal && parts[0].value.is_none() && tokens_[at_ - 1].word != "None")
      return fail("an index is missing");
    return parts[0];
  }

  Expression atom() {
    if (failed()) return {};
    const Token token = here();
    switch (token.kind) {
      case Token::Kind::number:
        ++at_;
        return literal(token.number);
      case Token::Kind::text:
        return texts();
      case Token::Kind::reference:
        ++at_;
        return make(Kind::reference, token.word);
      case Token::Kind::name:
        return name();
      default:
        break;
    }
    if (take("(")) return parenthesis();
    if (take("[")) return list("]");
    if (take("{")) return dict();
    return fail_here();
  }

  Expression texts() {  // neighbours are one text
    std::string text;
    for (; here().kind == Token::Kind::text; ++at_) text += here().word;
    return literal({std::move(text)});
  }

  Expression name() {
    const auto word = here().word;
    if (std::find(kWordsRefused.begin(), kWordsRefused.end(), word) != kWordsRefused.end() || is("if") || is("else") ||
        is("lambda") || is("not") || is("in") || is("is") || is("and") || is("or"))
      return fail_here();
    ++at_;
    if (word == "None") return literal({});
    if (word == "True" || word == "False") return literal({word == "True"});
    return make(Kind::name, word);
  }

  Expression parenthesis() {
    if (take(")")) return make(Kind::list, "");
    auto inner = list_or_one();
    expect(")");
    return inner;
  }

  Expression list(std::string_view close) {
    auto result = make(Kind::list, "");
    while (!failed() && !take(close)) {
      result.parts.push_back(expression());
      if (!is(close)) expect(",");
    }
    return result;
  }

  Expression dict() {
    auto result = make(Kind::dict, "");
    while (!failed() && !take("}")) {
      result.parts.push_back(expression());
      expect(":");
      result.parts.push_back(expression());
      if (!is("}")) expect(",");
    }
    return result;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string error_;
};

}  // namespace

Result<Expression> parse_expression(std::string_view text) {
  if (text.size() > kExpressionBytesMax)
    return Error{Errc::invalid_input, fmt::format("{} characters, at most {}", text.size(), kExpressionBytesMax)};
  INFERAD_TRY(auto tokens, tokens_of(text));
  return Parser(std::move(tokens)).run();
}

std::string describe(const Expression& expression) {
  switch (expression.kind) {
    case Kind::name:
      return expression.text;
    case Kind::reference:
      return '@' + expression.text;
    case Kind::attribute:
      return describe(expression.parts[0]) + '.' + expression.text;
    case Kind::call:
      return expression.text + "(…)";
    case Kind::method:
      return describe(expression.parts[0]) + "(…)";
    case Kind::subscript:
      return describe(expression.parts[0]) + "[…]";
    case Kind::lambda:
      return "lambda " + expression.text;
    case Kind::unary:
    case Kind::binary:
    case Kind::comparison:
      return "… " + expression.text + " …";
    default:
      return "…";
  }
}

std::span<const TensorFunction> tensor_functions() {
  static const std::vector<TensorFunction> functions{
      {"torch.where", 3, 3, {}},
      {"torch.nan_to_num", 1, 4, {"nan", "posinf", "neginf"}},
  };
  return functions;
}

}  // namespace inferad::recipe
