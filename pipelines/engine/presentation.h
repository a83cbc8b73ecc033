// SPDX-License-Identifier: Apache-2.0
// Projection images as they are meant to be shown: values from 0 (black) to 1 (white). Pure.
#pragma once

#include <span>
#include <vector>

#include "pipelines/findings/image.h"
#include "pipelines/recipe/pipeline_file.h"

namespace inferad::engine {

// Replaces modality values by presentation values: the VOI window (PS3.3 C.11.2.1.2 and .3), or without one the range
// that the stored bits can hold; then turned round when small values are white. One image in MONOCHROME1 and
// MONOCHROME2, or with 8 and 12 bits, gives the same values.
void to_presentation(std::span<float> values, const findings::GreyScale& grey);

// Modality values that are white where they are high: v → lowest + highest - v where small values are white.
void turn_inverted(std::span<float> values, const findings::GreyScale& grey);

// A projection as the recipe's first step expects it; `shown` is as long as `values` and may be the same.
void projection_values(std::span<const float> values, findings::GreyScale grey, const recipe::Input& input,
                       std::span<float> shown);
// Whether that changes nothing.
bool shows_as_it_is(const findings::GreyScale& grey, const recipe::Input& input);
std::vector<float> projection_values(const findings::Image& image, const recipe::Input& input);

}  // namespace inferad::engine
