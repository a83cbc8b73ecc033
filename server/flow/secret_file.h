// SPDX-License-Identifier: Apache-2.0
// A secret of the configuration: it stands in a file of its own and is read each time, so that a new one needs no
// restart.
#pragma once

#include <filesystem>
#include <string>

#include "server/base/result.h"

namespace inferad::flow {

// Without spaces and line ends at its end. unavailable: it cannot be read, or has fewer than 16 characters; everything
// waits until somebody has mended that.
Result<std::string> read_secret(const std::filesystem::path& file);

}  // namespace inferad::flow
