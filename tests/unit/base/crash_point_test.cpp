// SPDX-License-Identifier: Apache-2.0
#include "server/base/crash_point.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace inferad {
namespace {

// Ends with the wait status of a child that passes outbox.leased three times under `plan`. A child, because the plan is
// read once; 0: it came through.
int status_of(const char* plan, std::string_view name = "outbox.leased") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);  // Catch's handler would report a failure
    ::setenv("INFERAD_CRASH_AT", plan, 1);
    for (int pass = 1; pass <= 3; ++pass) {
      ::alarm(20);
      crash_point(name);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

TEST_CASE("the process is killed at the named point, at the named pass, and nowhere else") {
  const auto killed = [](int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; };
  CHECK(killed(status_of("outbox.leased")));
  CHECK(killed(status_of("outbox.leased:3")));
  CHECK(status_of("outbox.leased:4") == 0);
  CHECK(status_of("outbox.before_send") == 0);
  CHECK(status_of("") == 0);
}

TEST_CASE("a point that is not in the list stops the process") {
  const int status = status_of("outbox.leased", "outbox.laesed");
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

TEST_CASE("there are at least twenty points, each once") {
  const auto names = crash_point_names();
  CHECK(names.size() >= 20);
  CHECK(std::set<std::string_view>(names.begin(), names.end()).size() == names.size());
}

}  // namespace
}  // namespace inferad
