// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/tokens.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace inferad::recipe {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

constexpr std::array<std::string_view, 31> kSigns = {"...", "**", "//", "<=", ">=", "==", "!=", "+", "-", "*", "/",
                                                     "%",   "<",  ">",  "(",  ")",  "[",  "]",  "{", "}", ",", ":",
                                                     ".",   "&",  "|",  "^",  "~",  "=",  ";",  "!", "?"};

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : rest_(text) {}

  Result<std::vector<Token>> run() {
    while (true) {
      while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_[0]) != std::string_view::npos) drop(1);
      if (rest_.empty()) break;
      INFERAD_TRY(auto token, next());
      tokens_.push_back(std::move(token));
    }
    tokens_.push_back({});
    return std::move(tokens_);
  }

 private:
  void drop(std::size_t count) { rest_.remove_prefix(count); }

  Result<Token> next() {
    const char c = rest_[0];
    if (is_digit(c) || (c == '.' && rest_.size() > 1 && is_digit(rest_[1]))) return number();
    if (c == '"' || c == '\'') return text();
    if (c == '@') return reference();
    if (is_word(c)) return name();
    for (const auto sign : kSigns) {
      if (!rest_.starts_with(sign)) continue;
      drop(sign.size());
      return Token{Token::Kind::sign, std::string(sign), {}};
    }
    const bool ascii = c >= ' ' && c <= '~';
    return Error{Errc::invalid_input, ascii ? fmt::format("the character {} is not understood", c)
                                            : "only ASCII is understood outside of texts"};
  }

  Result<Token> name() {
    std::size_t length = 0;
    while (length < rest_.size() && is_word(rest_[length])) ++length;
    Token token{Token::Kind::name, std::string(rest_.substr(0, length)), {}};
    drop(length);
    if (!rest_.empty() && (rest_[0] == '"' || rest_[0] == '\''))
      return Error{Errc::invalid_input, fmt::format("texts with the prefix {} are not supported", token.word)};
    return token;
  }

  Result<Token> reference() {
    std::size_t length = 0;
    Token token{Token::Kind::reference, reference_at(rest_, length), {}};
    if (token.word.empty())
      return Error{Errc::invalid_input, fmt::format("\"{}\" is not a reference", rest_.substr(0, 24))};
    drop(length);
    return token;
  }

  Result<Token> number() {
    std::size_t length = 0;
    bool real = false;
    while (length < rest_.size() && (is_word(rest_[length]) || rest_[length] == '.' || is_exponent_sign(length))) {
      real = real || !is_digit(rest_[length]);
      ++length;
    }
    const auto word = rest_.substr(0, length);
    Token token{Token::Kind::number, std::string(word), {}};
    const auto wrong = Error{Errc::invalid_input, fmt::format("the number {} is not supported", word)};
    const char* end = word.data() + word.size();
    std::from_chars_result read{};
    if (real) {
      double value = 0;
      read = std::from_chars(word.data(), end, value);
      token.number.is = value;
    } else {
      std::int64_t value = 0;
      read = std::from_chars(word.data(), end, value);
      token.number.is = value;
    }
    if (read.ec != std::errc{} || read.ptr != end) return wrong;
    drop(length);
    return token;
  }

  bool is_exponent_sign(std::size_t at) const {
    return at > 0 && (rest_[at] == '-' || rest_[at] == '+') && (rest_[at - 1] == 'e' || rest_[at - 1] == 'E');
  }

  Result<Token> text() {
    const char quote = rest_[0];
    Token token{Token::Kind::text, {}, {}};
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != quote; ++at) {
      char c = rest_[at];
      if (c == '\\') {
        ++at;
        c = at < rest_.size() ? escaped(rest_[at]) : '\0';
        if (c == '\0') return Error{Errc::invalid_input, "an escape in a text is not supported"};
      }
      token.word += c;
    }
    if (at >= rest_.size()) return Error{Errc::invalid_input, "a text is not closed"};
    drop(at + 1);
    return token;
  }

  static char escaped(char c) {
    switch (c) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case '\\':
      case '\'':
      case '"':
        return c;
      default:
        return '\0';
    }
  }

  std::string_view rest_;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokens_of(std::string_view text) { return Tokenizer(text).run(); }

std::string reference_at(std::string_view text, std::size_t& length) {
  length = 0;
  if (!text.starts_with('@')) return {};
  std::string id;
  std::size_t at = 1;
  while (true) {
    const std::size_t start = at;
    while (at < text.size() && is_word(text[at])) ++at;
    if (at == start) return {};
    id += text.substr(start, at - start);
    length = at;
    const bool hash = text.substr(at).starts_with('#'), colons = text.substr(at).starts_with("::");
    const std::size_t separator = hash ? 1 : 2;
    if ((!hash && !colons) || at + separator >= text.size() || !is_word(text[at + separator])) return id;
    id += '#';
    at += separator;
  }
}

}  // namespace inferad::recipe
