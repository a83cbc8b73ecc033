// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/landlock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "server/base/unique_fd.h"

namespace inferad::worker {

namespace {

// What the first Landlock version can refuse and we want refused outside the folders.
constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

Error failed(const std::string& what) { return {Errc::io, fmt::format("sandbox: {}: {}", what, std::strerror(errno))}; }

Status allow(int rules, const std::filesystem::path& path, std::uint64_t access) {
  const UniqueFd folder(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!folder) return failed(path.string());
  const landlock_path_beneath_attr rule{access, folder.get()};
  if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) return failed("Landlock rule");
  return ok();
}

}  // namespace

Result<bool> confine_writes(std::span<const std::filesystem::path> folders) {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kWrite;
  const UniqueFd rules(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!rules) {
    if (errno == ENOSYS || errno == EOPNOTSUPP) return false;
    return failed("Landlock");
  }
  INFERAD_TRY_STATUS(allow(rules.get(), "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE));
  for (const auto& folder : folders) INFERAD_TRY_STATUS(allow(rules.get(), folder, kWrite));
  if (syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return failed("Landlock");
  return true;
}

}  // namespace inferad::worker
