// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/channel.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace inferad::worker {

Result<std::optional<std::string>> Channel::read_line() {
  for (;;) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      auto line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return std::optional(std::move(line));
    }
    if (received_.size() > kLineMax) return Error{Errc::invalid_input, "a line from the node is too long"};
    std::array<char, 4096> buffer;
    const auto count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count == 0) return std::optional<std::string>();
    if (count < 0 && errno == ECONNRESET) return std::optional<std::string>();
    if (count < 0 && errno != EINTR) return Error{Errc::io, fmt::format("socket: {}", std::strerror(errno))};
    if (count > 0) received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

Status Channel::write_line(std::string_view line) {
  const std::string message = std::string(line) + "\n";
  const std::lock_guard lock(writing_);
  for (std::size_t at = 0; at < message.size();) {
    const auto count = ::write(fd_.get(), message.data() + at, message.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error{Errc::unavailable, fmt::format("socket: {}", std::strerror(errno))};
    at += static_cast<std::size_t>(count);
  }
  return ok();
}

}  // namespace inferad::worker
