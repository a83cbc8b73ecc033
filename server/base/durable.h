// SPDX-License-Identifier: Apache-2.0
// Files that survive a power cut. "Durable" below means: bytes fsynced, name fsynced (directory), in that order.
// A failed fsync is final for that file (a second fsync may lie: reliability rule 9); the temporary file is removed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace inferad {

// Writes `bytes` to a temporary name beside `path`, fsyncs, renames over `path`, fsyncs the folder.
// On success the file is durable and complete; on failure `path` is unchanged.
Status write_file_durable(const std::filesystem::path& path, std::string_view bytes);

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max);

Status sync_folder(const std::filesystem::path& folder);
Status make_folders_durable(const std::filesystem::path& folder);  // mkdir -p, each new level fsynced

}  // namespace inferad
