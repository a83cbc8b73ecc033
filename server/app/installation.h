// SPDX-License-Identifier: Apache-2.0
// What names this installation in results (Device Serial Number): made once, kept in the data folder.
#pragma once

#include <filesystem>
#include <string>

#include "server/base/result.h"

namespace inferad::app {

// 16 hex digits from <data folder>/installation; made durable when there is no such file.
Result<std::string> installation_id(const std::filesystem::path& data_folder);

}  // namespace inferad::app
