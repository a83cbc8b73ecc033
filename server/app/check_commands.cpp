// SPDX-License-Identifier: Apache-2.0
// check, run and pixels: what the worker is needed for, outside a running node.
#include <fmt/format.h>

#include <cstdio>

#include "server/app/ask_node.h"
#include "server/app/worker_program.h"

namespace inferad::app {

int check_command(const NodeChoice& node) {
  const auto configuration = load_or_print(node.config);
  if (!configuration) return exit_status::kConfiguration;
  const auto& settings = configuration->settings;
  fmt::print("{}: settings are right\n{}: {} rules are right\n", node.config.string(), settings.routing_file.string(),
             configuration->routing.rules.size());
  auto arguments = engine_arguments(settings);
  arguments.insert(arguments.begin(), "check");
  return run_worker(settings, arguments) == 0 ? exit_status::kDone : exit_status::kConfiguration;
}

int run_command(const NodeChoice& node, const std::string& pipeline, const std::vector<std::filesystem::path>& paths,
                const std::filesystem::path& out, const std::vector<std::string>& results) {
  const auto settings = settings_or_print(node.config);
  if (!settings) return exit_status::kConfiguration;
  std::vector<std::string> arguments{"run", pipeline, "--out", out.string()};
  for (const auto& argument : engine_arguments(*settings)) arguments.push_back(argument);
  if (settings->segmentation.full_masks) arguments.push_back("--full-masks");
  for (const auto& kind : results) arguments.insert(arguments.end(), {"--result", kind});
  arguments.push_back("--");
  for (const auto& path : paths) arguments.push_back(path.string());
  return run_worker(*settings, arguments);
}

int pixels_command(const NodeChoice& node, const std::vector<std::filesystem::path>& files) {
  // Only the configured worker matters; without a configuration it is the one beside this program.
  const bool nothing_configured = node.config == NodeChoice{}.config && !std::filesystem::exists(node.config);
  const auto settings = nothing_configured ? config::Settings{} : settings_or_print(node.config);
  if (!settings) return exit_status::kConfiguration;
  std::vector<std::string> arguments{"pixels"};
  if (node.json) arguments.push_back("--json");
  arguments.push_back("--");
  for (const auto& file : files) arguments.push_back(file.string());
  return run_worker(*settings, arguments);
}

}  // namespace inferad::app
