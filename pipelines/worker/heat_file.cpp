// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/heat_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "server/base/durable.h"

namespace inferad::worker {

Status write_heat_map(const engine::HeatMap& map, const std::filesystem::path& folder) {
  constexpr double kWhite = 65'535;
  auto bytes = fmt::format("P5\n# fall of the score where the pixel is hidden: 65535 is {:g}\n{} {}\n65535\n",
                           map.greatest, map.columns, map.rows);
  for (const float value : map.values) {
    const double share = std::clamp(static_cast<double>(value) / map.greatest, 0.0, 1.0);
    const auto grey = static_cast<unsigned>(std::lround(share * kWhite));
    bytes += static_cast<char>(grey >> 8U);  // the most significant byte first
    bytes += static_cast<char>(grey & 0xffU);
  }
  return write_file_durable(folder / map.file, bytes);
}

}  // namespace inferad::worker
