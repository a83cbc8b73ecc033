// SPDX-License-Identifier: Apache-2.0
// What a reader should know before trusting the numbers: remarks, each one sentence. Pure; no LibTorch.
#pragma once

#include <string>
#include <vector>

#include "pipelines/engine/lungs.h"
#include "pipelines/findings/image.h"

namespace inferad::engine {

// Standard deviation in the middle of the trachea, HU; 0 when too little of it is seen. Scanners that cut values off
// just below air give less than there is.
double noise_hu(const findings::Image& image, const Mask& airways, int threads);

// Noise that makes thin lung of normal lung, and lungs of very different size, which are a reason to look at the mask.
std::vector<std::string> quality_remarks(const findings::Image& image, const Lungs& lungs, int threads);

}  // namespace inferad::engine
