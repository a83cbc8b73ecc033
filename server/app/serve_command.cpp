// SPDX-License-Identifier: Apache-2.0
// serve: the life of the node from the first signal to the last.
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "server/app/app.h"
#include "server/app/ask_node.h"
#include "server/app/commands.h"
#include "server/base/log.h"

namespace inferad::app {
namespace {

constexpr std::chrono::milliseconds kGrace{5000};

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

// Results and images are patient data; a core file would be, too. Each association and page needs a file descriptor.
void prepare_process() {
  umask(077);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  ::signal(SIGPIPE, SIG_IGN);
}

void reload(App& app, const NodeChoice& node) {
  Problems problems;
  auto next = config::load_configuration(node.config, problems);
  for (const auto& problem : problems) log::error("configuration_problem", {{"problem", to_string(problem)}});
  if (next) {
    app.reload(*std::move(next));
  } else {
    log::error("reload_refused", {{"reason", "the configuration has mistakes; the old one stays"}});
  }
}

// Who asks twice does not want to wait.
void end_at_once_when_asked_again(const sigset_t& signals) {
  std::thread([signals] {
    int number = 0;
    while (sigwait(&signals, &number) != 0 || number == SIGHUP) continue;
    _exit(1);
  }).detach();
}

}  // namespace

int serve_command(const NodeChoice& node) {
  auto configuration = load_or_print(node.config);
  if (!configuration) return exit_status::kConfiguration;
  prepare_process();
  log::set_level(configuration->settings.log_level);
  const auto signals = our_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread: they inherit it
  auto app = App::start(*std::move(configuration));
  if (!app) {
    fmt::print(stderr, "inferad: {}\n", app.error().what);
    return exit_status::kFailed;
  }
  for (;;) {
    int number = 0;
    if (sigwait(&signals, &number) != 0) continue;
    if (number != SIGHUP) break;
    reload(**app, node);
  }
  end_at_once_when_asked_again(signals);
  log::info("stopping");
  (*app)->stop(kGrace);
  app->reset();
  log::info("stopped");
  return exit_status::kDone;
}

}  // namespace inferad::app
