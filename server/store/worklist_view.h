// SPDX-License-Identifier: Apache-2.0
// Worklist entries of one snapshot, for the worklist and for the detail of one study.
#pragma once

#include "server/store/ledger_impl.h"

namespace inferad::store {

Result<std::vector<WorklistEntry>> latest_studies(Database& database, Ledger::Impl& impl, int studies_max);
Result<std::vector<std::int64_t>> latest_ids(Database& database, int studies_max);  // of the same studies
// nullopt: no such study, or it has no image yet.
Result<std::optional<WorklistEntry>> one_study(Database& database, Ledger::Impl& impl, std::int64_t study_id);

std::vector<std::string_view> worklist_statements();  // all that an entry comes from

}  // namespace inferad::store
