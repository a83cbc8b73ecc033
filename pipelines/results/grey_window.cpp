// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/grey_window.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace inferad::results {

namespace {

GreyWindow percentiles(const findings::Image& image, std::span<const int> slices) {
  const auto size = static_cast<std::size_t>(image.geometry.columns) * static_cast<std::size_t>(image.geometry.rows);
  std::vector<float> values;
  for (const int slice : slices) {
    const auto first = image.voxels.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(slice) * size);
    std::copy_if(first, first + static_cast<std::ptrdiff_t>(size), std::back_inserter(values),
                 [](float value) { return std::isfinite(value); });
  }
  if (values.empty()) return {};
  const auto at = [&](double share) {
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), nth, values.end());
    return static_cast<double>(*nth);
  };
  const double black = at(0.01);
  return {black, at(0.99)};
}

}  // namespace

GreyWindow window_around(double centre, double width) {
  return {centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2};
}

GreyWindow window_for(const findings::Image& image, std::span<const int> slices,
                      const std::optional<GreyWindow>& header) {
  GreyWindow window;
  if (image.projection && image.grey.windowed)
    window = window_around(image.grey.centre, image.grey.width);
  else if (!image.projection && header)
    window = *header;
  else
    window = percentiles(image, slices);
  if (image.projection && image.grey.inverted) std::swap(window.black, window.white);
  return window;
}

std::uint8_t grey(const GreyWindow& window, double value) {
  const double range = window.white - window.black;
  if (!std::isfinite(value)) return 0;
  if (range == 0) return value > window.white ? 255 : 0;
  return static_cast<std::uint8_t>(std::lround(std::clamp((value - window.black) / range, 0.0, 1.0) * 255));
}

}  // namespace inferad::results
