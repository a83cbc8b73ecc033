// SPDX-License-Identifier: Apache-2.0
// inferad-worker as another program to start: for `check` and `run`, and its command line for the node.
// Internal to app/.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/config/settings.h"

namespace inferad::app {

std::filesystem::path worker_program(const config::Settings& settings);  // configured, or beside this program
int worker_threads(const config::WorkerSettings& workers);

// --catalog, --models, --threads, --device as configured.
std::vector<std::string> engine_arguments(const config::Settings& settings);

// Runs the worker with `arguments` and waits; its output is ours. Its exit status; 127: it cannot be started.
int run_worker(const config::Settings& settings, const std::vector<std::string>& arguments);

}  // namespace inferad::app
