// SPDX-License-Identifier: Apache-2.0
// Each probe runs in a child process that has entered the sandbox and tells by its exit status.
#include "pipelines/worker/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <functional>
#include <iostream>
#include <thread>

namespace inferad::worker {
namespace {

constexpr int kNoSandbox = 99, kNoLandlock = 98;

int in_sandbox(const SandboxOptions& options, const std::function<int(const Sandbox&)>& probe) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto sandbox = enter_sandbox(options);
    _exit(sandbox ? probe(*sandbox) : kNoSandbox);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// 0 when `call` is refused with EPERM.
int refused(long call) { return call == -1 && errno == EPERM ? 0 : 1; }

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/inferad-sandbox-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST_CASE("no sockets, programs or other processes in the sandbox") {
  const auto probe = [](const std::function<int()>& call) {
    return in_sandbox({}, [&](const Sandbox&) { return call(); });
  };
  CHECK(probe([] { return refused(socket(AF_INET, SOCK_STREAM, 0)); }) == 0);
  CHECK(probe([] { return refused(socket(AF_INET6, SOCK_DGRAM, 0)); }) == 0);
  CHECK(probe([] { return refused(socket(AF_UNIX, SOCK_STREAM, 0)); }) == 0);
  CHECK(probe([] { return refused(execl("/bin/true", "true", nullptr)); }) == 0);
  CHECK(probe([] { return system("true") == 0 ? 1 : 0; }) == 0);
  CHECK(probe([] { return refused(fork()); }) == 0);
  CHECK(probe([] { return refused(kill(getppid(), 0)); }) == 0);
  CHECK(probe([] { return kill(getpid(), SIGKILL); }) == 128 + SIGKILL);
  CHECK(probe([] { return refused(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }) == 0);
}

TEST_CASE("an inherited socket cannot be connected or bound either") {
  const int inherited = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(inherited >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  CHECK(in_sandbox({}, [&](const Sandbox&) { return refused(connect(inherited, any, sizeof address)); }) == 0);
  CHECK(in_sandbox({}, [&](const Sandbox&) { return refused(bind(inherited, any, sizeof address)); }) == 0);
  close(inherited);
}

TEST_CASE("threads, files and pipes still work in the sandbox") {
  const Folder folder;
  // The shadow memory of a sanitizer is far above the usual limit, and the stack of a thread would no longer fit.
  constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;
  CHECK(in_sandbox({.memory_bytes = kNoLimit}, [&](const Sandbox&) {
          int result = 1;
          std::thread([&] { result = 0; }).join();
          const int file = open((folder.path / "file").c_str(), O_CREAT | O_WRONLY, 0600);
          return result == 0 && file >= 0 && write(file, "x", 1) == 1 && fsync(file) == 0 ? 0 : 1;
        }) == 0);
}

TEST_CASE("files are written only below the folders that were named") {
  const Folder inside, outside;
  const auto writes = [&](const std::filesystem::path& path) {
    return in_sandbox({.writable = {inside.path}}, [&](const Sandbox& sandbox) {
      if (!sandbox.landlock) return kNoLandlock;
      return open(path.c_str(), O_CREAT | O_WRONLY, 0600) >= 0 ? 1 : 0;
    });
  };
  const int allowed = writes(inside.path / "file");
  if (allowed == kNoLandlock) {
    std::cout << "SKIPPED: this kernel has no Landlock\n";
    return;
  }
  CHECK(allowed == 1);
  CHECK(writes(outside.path / "file") == 0);
  CHECK(writes("/dev/null") == 1);
}

TEST_CASE("memory is limited and a crash leaves no core file") {
  constexpr std::size_t kMiB = 1 << 20;
  CHECK(in_sandbox({.memory_bytes = 256 * kMiB}, [&](const Sandbox&) {
          void* large = mmap(nullptr, 512 * kMiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          rlimit core{};
          getrlimit(RLIMIT_CORE, &core);
          return large == MAP_FAILED && core.rlim_max == 0 ? 0 : 1;
        }) == 0);
}

}  // namespace
}  // namespace inferad::worker
