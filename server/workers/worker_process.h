// SPDX-License-Identifier: Apache-2.0
// One inferad-worker process and the socket to it. The child gets stdin from /dev/null, our stderr as its log, and no
// other descriptor of ours; it dies with us. Used by one thread at a time. Internal to workers/.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/clock.h"
#include "server/base/result.h"
#include "server/base/unique_fd.h"

namespace inferad::workers {

class WorkerProcess {
 public:
  // Starts `command` (program and arguments); "{fd}" in an argument becomes the number of the child's end of the
  // socket. Call on a thread that lives as long as the process: the kernel ends a worker with the thread that started
  // it.
  static Result<std::unique_ptr<WorkerProcess>> start(const std::vector<std::string>& command);
  ~WorkerProcess();  // kills
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  enum class Wait { line, deadline, woken, closed, too_long };
  struct Received {
    Wait what = Wait::closed;
    std::string line;  // without its end
  };
  // The next line, at the latest at `deadline`, or earlier when `wake_fd` becomes readable.
  Received next_line(SteadyTime deadline, int wake_fd);

  // Never waits: a worker that does not read its orders is broken. unavailable: it is gone or does not read.
  Status write(std::string_view text);

  // Waits until the process says something, ends, or `wake_fd` becomes readable; consumes nothing. May be called beside
  // the other members.
  void wait_readable(int wake_fd) const;

  bool has_unread() const { return !received_.empty(); }  // bytes after the last line that was taken

  // Kills the process when it still runs, and says how it ended: "killed by signal 11", "exit status 78".
  std::string end(bool kill_now);

  pid_t pid() const { return pid_; }

 private:
  WorkerProcess(pid_t pid, UniqueFd socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_;
  UniqueFd socket_;
  std::string received_;
  bool reaped_ = false;
};

}  // namespace inferad::workers
