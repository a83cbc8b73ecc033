// SPDX-License-Identifier: Apache-2.0
// Key Object Selection (PS3.3 A.35.4, TID 2010) "Of Interest": the images of what is present, with a sentence for each.
#pragma once

#include <filesystem>

#include "pipelines/results/results.h"

namespace inferad::results {

bool has_key_images(const ResultRequest& request);

// Needs has_key_images(). Durable on success; on failure nothing is left at `path`.
Result<WrittenObject> write_kos(const ResultRequest& request, const std::filesystem::path& path);

// Reads `path` back: attributes that must have a value, legal content tree (DCMTK), exactly the key images, each one of
// the source and listed as evidence. Errc::model with the first contradiction.
Status check_kos(const ResultRequest& request, const std::filesystem::path& path);

}  // namespace inferad::results
