// SPDX-License-Identifier: Apache-2.0
// The worker's end of the socket pair: lines of at most 64 KiB in both directions (server/ARCHITECTURE.md, "The worker
// protocol"). One thread reads; any thread may write.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/base/unique_fd.h"

namespace inferad::worker {

inline constexpr std::size_t kLineMax = 64 << 10;

class Channel {
 public:
  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}

  // The next line without its end; nullopt at the end of the stream (an unfinished line is dropped).
  // Errc::invalid_input: the line is too long; Errc::io: the socket failed.
  Result<std::optional<std::string>> read_line();

  // Writes the line and its end, waiting while the peer does not read. Errc::unavailable: the peer is gone.
  Status write_line(std::string_view line);

 private:
  UniqueFd fd_;
  std::string received_;
  std::mutex writing_;
};

}  // namespace inferad::worker
