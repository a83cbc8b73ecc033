// SPDX-License-Identifier: Apache-2.0
// Errors of file calls and complete writes, for the spool.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "server/base/result.h"

namespace inferad::store {

// From errno: overload when a resource is used up, else io.
Error file_error(std::string_view doing, const std::filesystem::path& path);

Status write_fully(int fd, std::span<const std::byte> bytes, const std::filesystem::path& path);

}  // namespace inferad::store
