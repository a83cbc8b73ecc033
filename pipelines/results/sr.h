// SPDX-License-Identifier: Apache-2.0
// Comprehensive 3D SR with template TID 1500 (PS3.16): what was measured and found, or why nothing was. Unverified.
#pragma once

#include <filesystem>
#include <optional>

#include "pipelines/results/results.h"

namespace inferad::results {

// `seg` is the object that the groups with a segment refer to; without it they are written as TID 1501 groups.
// Durable on success; on failure nothing is left at `path`.
Result<WrittenObject> write_sr(const ResultRequest& request, const std::optional<WrittenObject>& seg,
                               const std::filesystem::path& path);

// Reads `path` back: attributes that must have a value, legal content tree (DCMTK), every referenced instance listed as
// evidence. Errc::model with the first contradiction.
Status check_sr(const ResultRequest& request, const std::optional<WrittenObject>& seg,
                const std::filesystem::path& path);

}  // namespace inferad::results
