// SPDX-License-Identifier: Apache-2.0
// The series that a job may work on, best first, as they stand in the ledger between router and dispatcher:
//   [{"uid": "1.2.3", "objects": [17, 18, 19]}, …]      objects: spool numbers
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace inferad::flow {

struct Candidate {
  std::string uid;
  std::vector<std::int64_t> spool_ids;
  bool operator==(const Candidate&) const = default;
};

std::string candidates_to_json(std::span<const Candidate> candidates);
Result<std::vector<Candidate>> candidates_from_json(std::string_view text);

}  // namespace inferad::flow
