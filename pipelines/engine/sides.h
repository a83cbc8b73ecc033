// SPDX-License-Identifier: Apache-2.0
// Which lung is which. Lungs that touch (mostly in front, at the anterior junction line) are cut slice by slice along
// the path from front to back that passes through the least lung, so that it follows the pleura between them.
#pragma once

#include "pipelines/engine/mask.h"
#include "pipelines/findings/image.h"

namespace inferad::engine {

struct Sides {
  Mask right, left;  // of the patient; disjoint; either may be empty
};

// `lungs`: air of both lungs without airways. `middle`: column of the middle of the body. The first axis of the image
// must run from right to left or from left to right.
Sides separate_sides(const Mask& lungs, double middle, const findings::Image& image, int threads);

}  // namespace inferad::engine
