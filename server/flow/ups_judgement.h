// SPDX-License-Identifier: Apache-2.0
// What a status of a UPS worklist means for the delivery of a priority (PS3.4 tables CC.2.5-2, CC.2.6-2 and CC.2.8-4,
// PS3.7 Annex C). One table, tested cell by cell. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "server/flow/retry.h"

namespace inferad::flow {

enum class UpsStep { find, set, create };

struct UpsJudgement {
  Verdict verdict = Verdict::delivered;
  std::string_view meaning;  // "" for success
  bool exists = false;       // of create: the task is there already, its priority can be set
};
UpsJudgement judge_ups(UpsStep step, std::uint16_t status);

struct UpsRow {
  std::uint16_t status;
  Verdict find, set, create;
  std::string_view meaning;
};
std::span<const UpsRow> ups_rows();  // the table

}  // namespace inferad::flow
