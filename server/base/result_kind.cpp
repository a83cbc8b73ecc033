// SPDX-License-Identifier: Apache-2.0
#include "server/base/result_kind.h"

#include <algorithm>
#include <array>

#include "server/base/result.h"

namespace inferad {
namespace {

using enum ResultKind;

constexpr std::array<ResultKindFacts, 12> kKinds{{
    {seg, "SEG", "1.2.840.10008.5.1.4.1.1.66.4"},
    {seg_fractional, "SEG_FRACTIONAL", "1.2.840.10008.5.1.4.1.1.66.4"},
    {seg_labelmap, "SEG_LABELMAP", "1.2.840.10008.5.1.4.1.1.66.7"},
    {pmap, "PMAP", "1.2.840.10008.5.1.4.1.1.30"},
    {derived, "DERIVED", ""},
    {sc, "SC", ""},
    {sr, "SR", "1.2.840.10008.5.1.4.1.1.88.34", true, true},
    {sr_comprehensive, "SR_COMPREHENSIVE", "1.2.840.10008.5.1.4.1.1.88.33", true, true},
    {sr_triage, "SR_TRIAGE", "1.2.840.10008.5.1.4.1.1.88.33", true, true},
    {mgcad, "MGCAD", "1.2.840.10008.5.1.4.1.1.88.50", true, true},
    {kos, "KOS", "1.2.840.10008.5.1.4.1.1.88.59", false, true},
    {pr, "PR", "1.2.840.10008.5.1.4.1.1.11.1", false, true},
}};

}  // namespace

std::span<const ResultKindFacts> result_kinds() { return kKinds; }

const ResultKindFacts& facts_of(ResultKind kind) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& each) { return each.kind == kind; });
  INFERAD_CHECK(found != kKinds.end());
  return *found;
}

std::string_view to_string(ResultKind kind) { return facts_of(kind).name; }

std::optional<ResultKind> result_kind(std::string_view name) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& each) { return each.name == name; });
  return found == kKinds.end() ? std::nullopt : std::optional(found->kind);
}

}  // namespace inferad
