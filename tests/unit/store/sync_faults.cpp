// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/store/sync_faults.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace {
std::atomic<int> g_until_failure{0};  // 0: never

bool fails_now() { return g_until_failure > 0 && --g_until_failure == 0; }

int sync_or_fail(long call, int fd) {
  if (!fails_now()) return static_cast<int>(::syscall(call, fd));
  errno = EIO;
  return -1;
}
}  // namespace

// The program's own definitions come before those of the C library, for SQLite too.
extern "C" int fsync(int fd) { return sync_or_fail(SYS_fsync, fd); }
extern "C" int fdatasync(int fd) { return sync_or_fail(SYS_fdatasync, fd); }

namespace inferad::store {

FailSync::FailSync(int nth) { g_until_failure = nth; }
FailSync::~FailSync() { g_until_failure = 0; }
bool FailSync::happened() const { return g_until_failure == 0; }

}  // namespace inferad::store
