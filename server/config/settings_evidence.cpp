// SPDX-License-Identifier: Apache-2.0
#include "server/config/settings_read.h"

namespace inferad::config {

void read_evidence(const JsonNode& node, EvidenceSettings& out) {
  JsonObject object(node);
  object.read("days", out.days, 1, 3660);
  object.read("group_min", out.group_min, 5, 10'000);
}

}  // namespace inferad::config
