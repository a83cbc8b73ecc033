// SPDX-License-Identifier: Apache-2.0
#include "server/config/pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace inferad::config {

struct Pattern::Impl {
  Impl(const std::string& text, const re2::RE2::Options& options) : expression(text, options) {}
  re2::RE2 expression;
};

Result<Pattern> Pattern::compile(const std::string& text) {
  if (text.empty() || text.size() > kTextMax) {
    return Error{Errc::invalid_input, fmt::format("a pattern has 1 to {} bytes", kTextMax)};
  }
  re2::RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto impl = std::make_shared<Impl>(text, options);
  if (!impl->expression.ok()) {
    return Error{Errc::invalid_input,
                 fmt::format("not a regular expression (RE2 syntax): {}", impl->expression.error())};
  }
  Pattern pattern;
  pattern.text_ = text;
  pattern.impl_ = std::move(impl);
  return pattern;
}

bool Pattern::found_in(std::string_view value) const {
  if (!impl_) return false;
  value = value.substr(0, kValueBytesMax);
  return re2::RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), impl_->expression);
}

}  // namespace inferad::config
