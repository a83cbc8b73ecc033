// SPDX-License-Identifier: Apache-2.0
// Migration to version 14 of the ledger.
#pragma once

namespace inferad::store {

// A join that runs again, since an input was tried again, has a folder for each run.
inline constexpr const char* kRunsOfJoins = R"sql(
ALTER TABLE job ADD COLUMN run INTEGER NOT NULL DEFAULT 1;
)sql";

}  // namespace inferad::store
