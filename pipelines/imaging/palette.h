// SPDX-License-Identifier: Apache-2.0
// PALETTE COLOR (PS3.3 C.7.6.3.1.5 and .6): the luminance of each stored value. Internal to imaging/.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

class DcmDataset;

namespace inferad::imaging {

class Palette {
 public:
  // nullopt: no complete table of three colours of 8 or 16 bits in the data set (a segmented table is none).
  static std::optional<Palette> read(DcmDataset& item);

  // 0 to 255. Values before the first entry and after the last one are shown as these.
  float grey(std::int32_t stored) const;

 private:
  std::int32_t first_ = 0;
  std::vector<float> grey_;  // of each entry
};

}  // namespace inferad::imaging
