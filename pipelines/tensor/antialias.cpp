// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/antialias.h"

#include <algorithm>
#include <cmath>

namespace inferad::tensor {

AntialiasedRows::AntialiasedRows(std::int64_t from, std::int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), wide = std::max(1.0, scale);
  for (std::int64_t i = 0; i < to; ++i) {
    const double centre = scale * (static_cast<double>(i) + 0.5);
    const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(centre - wide + 0.5));
    const auto last = std::min(from, static_cast<std::int64_t>(centre + wide + 0.5));
    Row row{first, {}};
    double sum = 0;
    for (auto j = first; j < last; ++j) {
      const double weight = std::max(0.0, 1 - std::abs((static_cast<double>(j) - centre + 0.5) / wide));
      row.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (auto& weight : row.weights) weight = static_cast<float>(weight / sum);
    rows_.push_back(std::move(row));
  }
}

void AntialiasedRows::apply(const float* in, std::int64_t width, std::int64_t begin, std::int64_t end,
                            float* out) const {
  for (auto i = begin; i < end; ++i) {
    const auto& row = rows_[static_cast<std::size_t>(i)];
    float* const sum = out + i * width;
    std::fill(sum, sum + width, 0.0F);
    const float* source = in + row.first * width;
    for (const float weight : row.weights) {
      for (std::int64_t k = 0; k < width; ++k) sum[k] += weight * source[k];
      source += width;
    }
  }
}

}  // namespace inferad::tensor
