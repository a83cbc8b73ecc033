// SPDX-License-Identifier: Apache-2.0
// Takes from this process what a worker never needs, because it runs foreign model code and codecs on received bytes:
// no new sockets, no programs, no other processes, no core files; files are written only below the given folders.
//   seccomp   refused calls give EPERM                       (every kernel Debian 12 runs on)
//   Landlock  writes only below `writable`                   (Linux 5.13; left out where the kernel has it not)
//   rlimits   memory, open files, core files
// Call before the first thread starts: Landlock binds the calling thread and the threads it starts later.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "server/base/result.h"

namespace inferad::worker {

struct SandboxOptions {
  std::vector<std::filesystem::path> writable{};  // existing folders; empty = Landlock is not used
  std::uint64_t memory_bytes = 0;                 // of private memory; 0 = three quarters of the machine's
  bool die_with_parent = false;                   // SIGKILL when the thread that started this process ends
};

struct Sandbox {
  bool seccomp = false, landlock = false;  // in force
};

// What could not be set up is an error, except Landlock on a kernel without it.
Result<Sandbox> enter_sandbox(const SandboxOptions& options);

}  // namespace inferad::worker
