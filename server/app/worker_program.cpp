// SPDX-License-Identifier: Apache-2.0
#include "server/app/worker_program.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

extern char** environ;

namespace inferad::app {

std::filesystem::path worker_program(const config::Settings& settings) {
  if (!settings.workers.program.empty()) return settings.workers.program;
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path("inferad-worker") : self.parent_path() / "inferad-worker";
}

int worker_threads(const config::WorkerSettings& workers) {
  if (workers.threads > 0) return workers.threads;
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, cores / std::max(1, workers.count));
}

std::vector<std::string> engine_arguments(const config::Settings& settings) {
  return {"--catalog", settings.pipelines_folder.string(),
          "--models",  settings.models_folder.string(),
          "--threads", std::to_string(worker_threads(settings.workers)),
          "--device",  settings.workers.device};
}

int run_worker(const config::Settings& settings, const std::vector<std::string>& arguments) {
  std::vector<std::string> command{worker_program(settings).string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& argument : command) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  std::fflush(nullptr);
  pid_t pid = -1;
  const int failed = posix_spawn(&pid, pointers[0], nullptr, nullptr, pointers.data(), environ);
  if (failed != 0) {
    fmt::print(stderr, "inferad: cannot start {}: {}\n", command[0], std::strerror(failed));
    return 127;
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace inferad::app
