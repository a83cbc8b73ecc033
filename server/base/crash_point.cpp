// SPDX-License-Identifier: Apache-2.0
#include "server/base/crash_point.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>

#include "server/base/result.h"

namespace inferad {
namespace {

constexpr std::string_view kNames[] = {
    "intake.object_open",       "intake.object_written",    "intake.object_synced",    "intake.object_renamed",
    "intake.folder_synced",     "clerk.before_instances",   "clerk.after_instances",   "clerk.before_study_ready",
    "clerk.after_study_ready",  "dispatch.leased",          "dispatch.folder_made",    "dispatch.job_sent",
    "dispatch.findings_seen",   "dispatch.before_priority", "dispatch.after_priority", "dispatch.results_seen",
    "dispatch.before_complete", "dispatch.after_complete",  "outbox.leased",           "outbox.before_send",
    "outbox.after_send",        "outbox.before_delivered",  "outbox.after_delivered",  "start.before_reconcile",
    "start.after_reconcile",    "worker.findings_written",  "worker.objects_written",
};

struct Plan {
  std::string name;
  int pass = 1;
};

const Plan& plan() {
  static const Plan made = [] {
    Plan p;
    if (const char* text = std::getenv("INFERAD_CRASH_AT")) {
      p.name = text;
      if (const auto colon = p.name.find(':'); colon != std::string::npos) {
        p.pass = std::max(1, std::atoi(p.name.c_str() + colon + 1));
        p.name.resize(colon);
      }
    }
    return p;
  }();
  return made;
}

}  // namespace

std::span<const std::string_view> crash_point_names() { return kNames; }

void crash_point(std::string_view name) {
  if (plan().name.empty()) return;
  INFERAD_CHECK(std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames));
  static std::atomic<int> passes{0};
  if (name == plan().name && ++passes == plan().pass) ::kill(::getpid(), SIGKILL);
}

}  // namespace inferad
