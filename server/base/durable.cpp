// SPDX-License-Identifier: Apache-2.0
#include "server/base/durable.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "server/base/unique_fd.h"

namespace inferad {
namespace {

Error io_error(std::string_view doing, const std::filesystem::path& path) {
  const Errc code = errno == ENOSPC || errno == EDQUOT || errno == EMFILE ? Errc::overload : Errc::io;
  return Error{code, fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(errno))};
}

Status write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ok();
}

}  // namespace

Status sync_folder(const std::filesystem::path& folder) {
  UniqueFd fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return io_error("open folder", folder);
  if (::fsync(fd.get()) != 0) return io_error("sync folder", folder);
  return ok();
}

Status make_folders_durable(const std::filesystem::path& folder) {
  if (folder.empty() || std::filesystem::is_directory(folder)) return ok();
  INFERAD_TRY_STATUS(make_folders_durable(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return io_error("make folder", folder);
  return sync_folder(folder.parent_path());
}

Status write_file_durable(const std::filesystem::path& path, std::string_view bytes) {
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path temporary = fmt::format("{}.{}.{}.part", path.string(), ::getpid(), ++counter);
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return io_error("create", temporary);
  Status status = write_all(fd.get(), bytes, temporary);
  if (status && ::fsync(fd.get()) != 0) status = io_error("sync", temporary);
  if (status && ::rename(temporary.c_str(), path.c_str()) != 0) status = io_error("rename to", path);
  if (!status) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_folder(path.parent_path());
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Errc::not_found, fmt::format("cannot open {}", path.string())};
  std::string bytes;
  char chunk[65536];
  while (file.read(chunk, sizeof chunk), file.gcount() > 0) {
    bytes.append(chunk, static_cast<std::size_t>(file.gcount()));
    if (bytes.size() > bytes_max)
      return Error{Errc::invalid_input, fmt::format("{} is larger than {} bytes", path.string(), bytes_max)};
  }
  if (file.bad()) return Error{Errc::io, fmt::format("cannot read {}", path.string())};
  return bytes;
}

}  // namespace inferad
