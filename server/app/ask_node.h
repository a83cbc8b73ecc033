// SPDX-License-Identifier: Apache-2.0
// A question from the command line to the node that runs with the same configuration. Internal to app/.
#pragma once

#include <optional>
#include <string>

#include "server/app/commands.h"
#include "server/base/result.h"
#include "server/config/configuration.h"

namespace inferad::app {

// Prints every problem to stderr when there is one. settings_or_print does not look at the rules, for what works
// without them: a new pipeline is brought here before a rule can name it.
std::optional<config::Configuration> load_or_print(const std::filesystem::path& file);
std::optional<config::Settings> settings_or_print(const std::filesystem::path& file);

// Where a running node of these settings listens: <data folder>/ports.json, else the configured port.
struct Ports {
  std::uint16_t dicom = 0, http = 0, hl7 = 0;  // hl7 0: it does not listen for it
};
Status write_ports(const std::filesystem::path& data_folder, const Ports& ports);
Ports find_ports(const config::Settings& settings);

// The body of a 200 answer. Other answers are errors with the node's own words.
Result<std::string> ask_node(const NodeChoice& node, const std::string& method, const std::string& target);

}  // namespace inferad::app
