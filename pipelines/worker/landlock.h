// SPDX-License-Identifier: Apache-2.0
// Writes only below some folders (Landlock), for this thread and those it starts later. Reading is not restricted.
#pragma once

#include <filesystem>
#include <span>

#include "server/base/result.h"

namespace inferad::worker {

// False when the kernel has no Landlock. Needs PR_SET_NO_NEW_PRIVS. Cannot be undone.
Result<bool> confine_writes(std::span<const std::filesystem::path> folders);

}  // namespace inferad::worker
