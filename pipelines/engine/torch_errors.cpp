// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/torch_errors.h"

#include <fmt/format.h>

#include <exception>
#include <new>

namespace inferad::engine {

std::string in_short(const std::string& message) {
  constexpr std::size_t kLengthMax = 400;
  std::string text;
  for (const char c : message) {
    const bool space = c == '\n' || c == ' ';
    if (text.size() == kLengthMax) break;
    if (!space)
      text += c;
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
  return text;
}

Status guarded(const std::string& who, const std::function<Status()>& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Error{Errc::overload, fmt::format("{}: memory does not suffice", who)};
  } catch (const std::exception& failure) {
    const auto text = in_short(failure.what());
    const bool memory = text.find("memory") != std::string::npos;
    return Error{memory ? Errc::overload : Errc::model, fmt::format("{} failed: {}", who, text)};
  }
}

}  // namespace inferad::engine
