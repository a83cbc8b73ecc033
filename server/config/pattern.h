// SPDX-License-Identifier: Apache-2.0
// A regular expression over header values, which strangers write: RE2 behind it, so matching takes linear time.
// Case does not count; the pattern may match anywhere in the value. Copies share; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace inferad::config {

class Pattern {
 public:
  static constexpr std::size_t kTextMax = 1024;        // of the expression, bytes
  static constexpr std::size_t kValueBytesMax = 1024;  // only so much of a value is looked at

  Pattern() = default;  // matches nothing
  static Result<Pattern> compile(const std::string& text);
  bool found_in(std::string_view value) const;
  const std::string& text() const { return text_; }

 private:
  struct Impl;
  std::string text_;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace inferad::config
