// SPDX-License-Identifier: Apache-2.0
// Mammography CAD SR (PS3.3 A.35.5): what mammography workstations show by themselves. Each place on a mammogram is a
// Single Image Finding (TID 4006); we correlate no views, so there is no Composite Feature (TID 4004). What was
// attempted, and whether it succeeded, stands in its summaries: absent, not analysed and failed differ.
#pragma once

#include <filesystem>

#include "pipelines/results/results.h"

namespace inferad::results {

// There is a mammogram, and something was looked for or the report says why not: not for numbers alone.
bool has_mgcad(const ResultRequest& request);

// Needs has_mgcad(). Durable on success; on failure nothing is left at `path`.
Result<WrittenObject> write_mgcad(const ResultRequest& request, const std::filesystem::path& path);

// Reads `path` back: attributes that must have a value, legal content tree of the class (DCMTK), exactly the mammograms
// in the library and listed as evidence, and each place as the findings have it, on its image. Errc::model with the
// first contradiction.
Status check_mgcad(const ResultRequest& request, const std::filesystem::path& path);

}  // namespace inferad::results
