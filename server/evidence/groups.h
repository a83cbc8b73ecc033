// SPDX-License-Identifier: Apache-2.0
// Groups of patients, none of them so small that its numbers mean nothing or point at somebody. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/evidence.h"
#include "server/evidence/case.h"

namespace inferad::evidence {

inline constexpr std::string_view kNotStated = "not stated";

std::string age_band(std::optional<double> years);  // "0-17", "18-39", "40-59", "60-79", "80+"; "" without one
// Of a header, by which groups are told apart: spaces at the ends, several in a row and case do not count.
std::string group_name(std::string_view value);

struct Group {
  std::string name;
  bool merged = false;
  std::vector<const Case*> cases;
};

// Every case is in exactly one group, by name. Groups of fewer than `least` cases are put together; when they are too
// few even so, with the smallest others, so that no difference of shown rows tells what a small group was. Empty: all
// together are too few, or nothing is left to compare since only a merged group remains.
std::vector<Group> groups_by(Grouping by, std::span<const Case* const> cases, int least);

}  // namespace inferad::evidence
