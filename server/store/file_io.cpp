// SPDX-License-Identifier: Apache-2.0
#include "server/store/file_io.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace inferad::store {

Error file_error(std::string_view doing, const std::filesystem::path& path) {
  const bool used_up = errno == ENOSPC || errno == EDQUOT || errno == EMFILE || errno == ENFILE || errno == EFBIG;
  return Error{used_up ? Errc::overload : Errc::io,
               fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(errno))};
}

Status write_fully(int fd, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error("write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return ok();
}

}  // namespace inferad::store
