// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipelines/engine/morphology.h"

namespace inferad::engine {

namespace {

constexpr double kNoiseMaxHu = 35;  // LAA-950 of normal lung (-860 HU) is then about half a percent
constexpr double kMiddleMm = 4.5;   // so far inside the outer wall
constexpr std::uint64_t kVoxelsMin = 500;
constexpr double kRatioMax = 3;

}  // namespace

double noise_hu(const findings::Image& image, const Mask& airways, int threads) {
  const auto middle = erode(airways, disc_of(kMiddleMm, image.geometry), threads);
  double sum = 0, squares = 0, count = 0;
  for (int k = 0; k < middle.grid().slices; ++k) {
    for (int j = 0; j < middle.grid().rows; ++j) {
      const float* row = image.voxels.data() + row_offset(middle.grid(), j, k);
      for (const auto& run : middle.row(j, k)) {
        for (auto i = run.begin; i < run.end; ++i) {
          const double value = static_cast<double>(row[i]);
          sum += value, squares += value * value, ++count;
        }
      }
    }
  }
  if (count < kVoxelsMin) return 0;
  return std::sqrt(std::max(0.0, squares / count - (sum / count) * (sum / count)));
}

std::vector<std::string> quality_remarks(const findings::Image& image, const Lungs& lungs, int threads) {
  std::vector<std::string> remarks;
  const double noise = noise_hu(image, lungs.airways, threads);
  if (noise > kNoiseMaxHu) {
    remarks.push_back(fmt::format("Noise is {:.0f} HU in the trachea: LAA and Perc15 tend to more emphysema.", noise));
  }
  const auto right = static_cast<double>(lungs.sides.right.voxels()),
             left = static_cast<double>(lungs.sides.left.voxels());
  if (right > 0 && left > 0 && std::max(right, left) > kRatioMax * std::min(right, left)) {
    remarks.push_back(fmt::format("The {} lung has more than {:g} times the volume of the other: look at the mask.",
                                  right > left ? "right" : "left", kRatioMax));
  }
  return remarks;
}

}  // namespace inferad::engine
