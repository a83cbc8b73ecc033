// SPDX-License-Identifier: Apache-2.0
#include "server/config/configuration.h"

#include <algorithm>

namespace inferad::config {

std::optional<Configuration> load_configuration(const std::filesystem::path& settings_file, Problems& problems) {
  Problems found;
  Configuration configuration;
  configuration.settings = read_settings(settings_file, found);
  const auto in_order = [](const Problem& a, const Problem& b) { return a.position < b.position; };
  std::stable_sort(found.begin(), found.end(), in_order);
  const auto rules_start = static_cast<std::ptrdiff_t>(found.size());
  if (!configuration.settings.routing_file.empty()) {
    configuration.routing =
        read_routing(configuration.settings.routing_file, configuration.settings.pipelines_folder, found);
  }
  std::stable_sort(found.begin() + rules_start, found.end(), in_order);
  problems.insert(problems.end(), found.begin(), found.end());
  if (!found.empty()) return std::nullopt;
  return configuration;
}

}  // namespace inferad::config
