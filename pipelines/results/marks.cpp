// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/marks.h"

#include <algorithm>
#include <cmath>

namespace inferad::results {

namespace {

constexpr int kRingPixels = 12;  // radius of the ring around a point

class Pen {
 public:
  Pen(Raster& picture, const Placement& placement, const Rgb& colour)
      : picture_(picture), placement_(placement), colour_(colour) {}

  // A dot of 2 x 2 pixels at a place of the image's own picture.
  void dot(double x, double y) {
    const auto column = static_cast<int>(std::floor(x)), row = static_cast<int>(std::floor(y));
    for (const int i : {column - 1, column})
      for (const int j : {row - 1, row})
        if (i >= 0 && j >= 0 && i < placement_.width && j < placement_.height)
          picture_.set(placement_.left + i, placement_.top + j, colour_);
  }

  void line(const std::array<double, 2>& from, const std::array<double, 2>& to) {
    const double x = to[0] - from[0], y = to[1] - from[1];
    const int steps = std::min(1 << 16, 1 + static_cast<int>(std::ceil(std::max(std::abs(x), std::abs(y)))));
    for (int i = 0; i <= steps; ++i) dot(from[0] + x * i / steps, from[1] + y * i / steps);
  }

  void ring(const std::array<double, 2>& centre) {
    constexpr int kSteps = 128;
    for (int i = 0; i < kSteps; ++i) {
      const double angle = 2 * 3.14159265358979323846 * i / kSteps;
      dot(centre[0] + kRingPixels * std::cos(angle), centre[1] + kRingPixels * std::sin(angle));
    }
  }

 private:
  Raster& picture_;
  const Placement& placement_;
  const Rgb& colour_;
};

}  // namespace

void draw_mark(Raster& picture, const Mark& mark, const Placement& placement, const Rgb& colour) {
  const auto placed = [&](const std::array<double, 2>& point) {
    return std::array{point[0] * placement.across, point[1] * placement.down};
  };
  Pen pen(picture, placement, colour);
  if (mark.points.size() == 1) return pen.ring(placed(mark.points.front()));
  for (std::size_t i = 1; i < mark.points.size(); ++i) pen.line(placed(mark.points[i - 1]), placed(mark.points[i]));
}

Rgb mark_colour(std::size_t label) {
  constexpr std::array<Rgb, 4> kColours{{{255, 220, 0}, {0, 220, 255}, {255, 120, 220}, {120, 255, 120}}};
  return kColours[label % kColours.size()];
}

std::vector<std::string> labels_of(const std::vector<Mark>& marks) {
  std::vector<std::string> labels;
  for (const auto& mark : marks)
    if (std::find(labels.begin(), labels.end(), mark.label) == labels.end()) labels.push_back(mark.label);
  return labels;
}

}  // namespace inferad::results
