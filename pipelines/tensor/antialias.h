// SPDX-License-Identifier: Apache-2.0
// Bilinear resizing with a filter as wide as the step (Pillow's and torchvision's antialias), of bare rows. Pure; no
// LibTorch. Thread-safe after construction.
#pragma once

#include <cstdint>
#include <vector>

namespace inferad::tensor {

class AntialiasedRows {
 public:
  // Makes `to` rows of `from`; not only fewer.
  AntialiasedRows(std::int64_t from, std::int64_t to);

  // Rows [begin, end) of the result, each of `width` values, from all rows of `in`.
  void apply(const float* in, std::int64_t width, std::int64_t begin, std::int64_t end, float* out) const;

 private:
  struct Row {
    std::int64_t first;  // row of the source
    std::vector<float> weights;
  };
  std::vector<Row> rows_;
};

}  // namespace inferad::tensor
