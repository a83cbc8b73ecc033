// SPDX-License-Identifier: Apache-2.0
// A heat map as a file: portable graymap, 16 bits, on the grid of the source image.
#pragma once

#include <filesystem>

#include "pipelines/engine/engine.h"
#include "server/base/result.h"

namespace inferad::worker {

// 0: hiding the pixel costs nothing; 65535: HeatMap::greatest, which the comment in the file names. Durable.
Status write_heat_map(const engine::HeatMap& map, const std::filesystem::path& folder);

}  // namespace inferad::worker
