// SPDX-License-Identifier: Apache-2.0
#include "server/core/order.h"

#include <algorithm>

namespace inferad {

std::vector<std::string> accessions_of(const std::vector<OrderNumbers>& orders) {
  std::vector<std::string> found;
  for (const auto& each : orders)
    if (!each.accession.empty() && std::find(found.begin(), found.end(), each.accession) == found.end())
      found.push_back(each.accession);
  return found;
}

}  // namespace inferad
