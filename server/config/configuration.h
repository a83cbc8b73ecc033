// SPDX-License-Identifier: Apache-2.0
// The whole configuration: settings and rules, all or nothing. At start a mistake ends the program with status 78
// (EX_CONFIG); at a reload the old configuration stays. Used by serve, check and explain.
#pragma once

#include <filesystem>
#include <optional>

#include "server/config/rules.h"
#include "server/config/settings.h"

namespace inferad::config {

inline constexpr int kExitConfiguration = 78;

struct Configuration {
  Settings settings;
  Routing routing;
};

// nullopt: at least one mistake, and `problems` holds them all, in the order of the files.
std::optional<Configuration> load_configuration(const std::filesystem::path& settings_file, Problems& problems);

}  // namespace inferad::config
