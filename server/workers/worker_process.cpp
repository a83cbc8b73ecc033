// SPDX-License-Identifier: Apache-2.0
#include "server/workers/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "server/workers/worker_messages.h"

extern char** environ;

namespace inferad::workers {

namespace {

constexpr int kChildSocket = 3;
constexpr int kEndGraceMs = 500;  // between the end of the socket and the end of the process

struct SpawnActions {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;

  SpawnActions() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnActions() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  void prepare(int socket) {
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, socket, kChildSocket);
    posix_spawn_file_actions_addclosefrom_np(&files, kChildSocket + 1);
    // A group of its own: Ctrl-C on a terminal drains the node and does not kill the job under way.
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
};

std::string describe(int status) {
  if (WIFSIGNALED(status)) return fmt::format("killed by signal {}", WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

int milliseconds_until(SteadyTime deadline) {
  const auto left = (deadline - steady_now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const std::vector<std::string>& command) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error{Errc::io, fmt::format("socket pair: {}", std::strerror(errno))};
  }
  UniqueFd ours(ends[0]), theirs(ends[1]);
  // The child's number must not be the one it already has, or closing on exec would stay set.
  if (theirs.get() == kChildSocket) theirs.reset(fcntl(theirs.get(), F_DUPFD_CLOEXEC, kChildSocket + 1));
  std::vector<std::string> arguments = command;
  for (auto& argument : arguments) {
    if (argument == "{fd}") argument = std::to_string(kChildSocket);
  }
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  SpawnActions actions;
  actions.prepare(theirs.get());
  pid_t pid = -1;
  const int failed = posix_spawn(&pid, pointers[0], &actions.files, &actions.attributes, pointers.data(), environ);
  if (failed != 0)
    return Error{Errc::unavailable, fmt::format("cannot start {}: {}", command[0], std::strerror(failed))};
  return std::unique_ptr<WorkerProcess>(new WorkerProcess(pid, std::move(ours)));
}

WorkerProcess::~WorkerProcess() { end(true); }

WorkerProcess::Received WorkerProcess::next_line(SteadyTime deadline, int wake_fd) {
  for (;;) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      Received out{Wait::line, received_.substr(0, end)};
      received_.erase(0, end + 1);
      return out;
    }
    if (received_.size() > kLineBytesMax) return {Wait::too_long, {}};
    std::array<pollfd, 2> watched{{{socket_.get(), POLLIN, 0}, {wake_fd, POLLIN, 0}}};
    const int ready = poll(watched.data(), wake_fd < 0 ? 1 : 2, milliseconds_until(deadline));
    if (ready < 0 && errno != EINTR) return {Wait::closed, {}};
    if (wake_fd >= 0 && watched[1].revents != 0) return {Wait::woken, {}};
    if (ready <= 0) {
      if (steady_now() >= deadline) return {Wait::deadline, {}};
      continue;
    }
    std::array<char, 16 << 10> bytes{};
    const auto count = recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count == 0) return {Wait::closed, {}};
    if (count < 0 && errno != EAGAIN && errno != EINTR) return {Wait::closed, {}};
    if (count > 0) received_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

Status WorkerProcess::write(std::string_view text) {
  const auto sent = send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == static_cast<ssize_t>(text.size())) return ok();
  return Error{Errc::unavailable, "the worker does not take orders"};
}

void WorkerProcess::wait_readable(int wake_fd) const {
  std::array<pollfd, 2> watched{{{socket_.get(), POLLIN, 0}, {wake_fd, POLLIN, 0}}};
  while (poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) continue;
}

std::string WorkerProcess::end(bool kill_now) {
  if (reaped_) return {};
  int status = 0;
  pid_t gone = 0;
  for (int waited = 0; !kill_now && waited < kEndGraceMs; waited += 10) {
    gone = waitpid(pid_, &status, WNOHANG);
    if (gone != 0) break;
    usleep(10'000);
  }
  if (gone == 0) {
    ::kill(pid_, SIGKILL);
    while ((gone = waitpid(pid_, &status, 0)) < 0 && errno == EINTR) continue;
  }
  reaped_ = true;
  return gone == pid_ ? describe(status) : "ended";
}

}  // namespace inferad::workers
