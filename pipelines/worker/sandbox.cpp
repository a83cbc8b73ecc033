// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pipelines/worker/landlock.h"
#include "pipelines/worker/seccomp.h"

namespace inferad::worker {

namespace {

constexpr rlim_t kOpenFilesMax = 1024;

Error failed(const char* what) { return {Errc::io, fmt::format("sandbox: {}: {}", what, std::strerror(errno))}; }

Status limit(int resource, rlim_t most, const char* name) {
  rlimit now{};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) return failed(name);
  const rlim_t wanted = std::min(most, now.rlim_max);
  const rlimit next{wanted, wanted};
  if (setrlimit(static_cast<__rlimit_resource>(resource), &next) != 0) return failed(name);
  return ok();
}

std::uint64_t machine_memory() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

Result<Sandbox> enter_sandbox(const SandboxOptions& options) {
  Sandbox sandbox;
  INFERAD_TRY_STATUS(limit(RLIMIT_CORE, 0, "core file limit"));
  INFERAD_TRY_STATUS(limit(RLIMIT_NOFILE, kOpenFilesMax, "open file limit"));
  const auto memory = options.memory_bytes != 0 ? options.memory_bytes : machine_memory() / 4 * 3;
  INFERAD_TRY_STATUS(limit(RLIMIT_DATA, memory, "memory limit"));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no new privileges");
  if (options.die_with_parent) {
    const auto parent = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed("death signal");
    if (getppid() != parent) return Error{Errc::cancelled, "sandbox: the parent process is gone"};
  }
  if (!options.writable.empty()) {
    INFERAD_TRY(sandbox.landlock, confine_writes(options.writable));
  }
  INFERAD_TRY_STATUS(install_seccomp());
  sandbox.seccomp = true;
  return sandbox;
}

}  // namespace inferad::worker
