// SPDX-License-Identifier: Apache-2.0
// What a presentation state draws on which image. Pure. Internal to results/.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipelines/results/contour.h"
#include "pipelines/results/planar.h"
#include "pipelines/results/results.h"

namespace inferad::results {

struct Drawing {
  findings::ImageReference image;
  int layer = 0;  // 0: findings; n: segment n
  std::vector<Polygon> lines;
  std::vector<std::pair<std::array<double, 2>, std::string>> texts;  // where, what
};

// By image in the order of the slices, then by layer. What is absent is not drawn. Empty without images.
std::vector<Drawing> drawings_of(const ResultRequest& request);

}  // namespace inferad::results
