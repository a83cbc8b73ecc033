// SPDX-License-Identifier: Apache-2.0
// evidence: the table for a spreadsheet, or the API's answer as it is.
#include <fmt/format.h>

#include <cstdio>

#include "server/app/ask_node.h"

namespace inferad::app {

int evidence_command(const NodeChoice& node, int days) {
  const auto target =
      fmt::format("/api/v1/evidence{}{}", node.json ? "" : ".csv", days > 0 ? fmt::format("?days={}", days) : "");
  const auto body = ask_node(node, "GET", target);
  if (!body) {
    fmt::print(stderr, "inferad: {}\n", body.error().what);
    return body.error().code == Errc::invalid_input ? exit_status::kConfiguration : exit_status::kFailed;
  }
  fmt::print("{}", *body);
  return exit_status::kDone;
}

}  // namespace inferad::app
