// SPDX-License-Identifier: Apache-2.0
// echo: does a configured peer answer a C-ECHO?
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "server/app/ask_node.h"
#include "server/app/commands.h"
#include "server/app/conformance.h"
#include "server/flow/outbox.h"
#include "server/net/dicom_client.h"

namespace inferad::app {

int echo_command(const NodeChoice& node, const std::string& name) {
  const auto settings = settings_or_print(node.config);
  if (!settings) return exit_status::kConfiguration;
  const auto* peer = settings->peer(name);
  if (peer == nullptr || peer->host.empty()) {
    fmt::print(stderr, "inferad: {} is no peer that we call; see \"peers\" in {}\n", name, node.config.string());
    return exit_status::kFailed;
  }
  net::DicomClient client;
  const auto answered = client.echo(flow::dicom_peer(*peer, settings->ae_title), {});
  if (!answered) {
    fmt::print(stderr, "inferad: {}\n", answered.error().what);
    return exit_status::kFailed;
  }
  fmt::print("{} at {}:{} answers\n", peer->ae_title, peer->host, peer->port);
  return exit_status::kDone;
}

int conformance_command() {
  fmt::print("{}", conformance_tables());
  return exit_status::kDone;
}

}  // namespace inferad::app
