// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/proposal.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "pipelines/findings/codes.h"

namespace inferad::engine {

namespace {

std::ptrdiff_t rank(std::string_view level) {
  static constexpr std::array<std::string_view, 3> ascending = {"ROUTINE", "HIGH", "STAT"};
  return std::find(ascending.begin(), ascending.end(), level) - ascending.begin();
}

}  // namespace

void propose(findings::PriorityProposal proposal, findings::Findings& report) {
  if (!report.priority || rank(proposal.level) > rank(report.priority->level)) report.priority = std::move(proposal);
}

bool is_outside_domain(const findings::Findings& report) {
  return std::any_of(report.qualifiers.begin(), report.qualifiers.end(),
                     [](const auto& each) { return each.code == findings::codes::kOutsideDomain; });
}

}  // namespace inferad::engine
