// SPDX-License-Identifier: Apache-2.0
// The tables of the ledger and their versions. Documented in README.md.
#pragma once

#include "server/store/sqlite.h"

namespace inferad::store {

inline constexpr int kSchemaVersion = 14;

// Creates or migrates in one transaction. refused: not a ledger, or written by a newer version.
Status migrate(Database& database);

}  // namespace inferad::store
