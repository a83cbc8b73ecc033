// SPDX-License-Identifier: Apache-2.0
// The images a reader should look at first. Pure. Internal to results/.
#pragma once

#include <optional>
#include <vector>

#include "pipelines/findings/location.h"
#include "pipelines/results/results.h"

namespace inferad::results {

// Of each finding that is present: the image at the centre of its place, the slice where its segment is largest, the
// image that it is of, or the only image that there is; and the images of what was located for it. Each once. Empty
// when nothing is present, or no image can be named for it.
std::vector<findings::ImageReference> key_images(const ResultRequest& request);

// The one image of `finding`; nullopt: none can be named for it.
std::optional<findings::ImageReference> key_image_of(const ResultRequest& request, const findings::Finding& finding);

}  // namespace inferad::results
