// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/torch_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <string_view>

namespace inferad::engine {

namespace {

// What fails inside TorchScript is told after the trace to it, which ends with this mark.
std::string reason_first(const std::string& message) {
  constexpr std::string_view kInterpreter = "The following operation failed in the TorchScript interpreter";
  constexpr std::string_view kMark = "<--- HERE";
  const auto mark = message.rfind(kMark);
  if (!message.starts_with(kInterpreter) || mark == std::string::npos) return message;
  return message.substr(mark + kMark.size()) + ' ' + message.substr(0, mark);
}

// LibTorch has no type for it. The word alone is no sign: it stands in source lines, too (memory_format).
bool tells_of_memory(std::string_view text) {
  constexpr std::array<std::string_view, 3> kSigns{"allocate memory", "enough memory", "out of memory"};
  return std::any_of(kSigns.begin(), kSigns.end(),
                     [&](auto sign) { return text.find(sign) != std::string_view::npos; });
}

}  // namespace

std::string in_short(const std::string& message) {
  constexpr std::size_t kLengthMax = 400;
  std::string text;
  for (const char c : reason_first(message)) {
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
    const bool memory = tells_of_memory(text);
    return Error{memory ? Errc::overload : Errc::model, fmt::format("{} failed: {}", who, text)};
  }
}

}  // namespace inferad::engine
