// SPDX-License-Identifier: Apache-2.0
// The images a reader should look at first. Pure. Internal to results/.
#pragma once

#include <optional>
#include <vector>

#include "pipelines/findings/location.h"
#include "pipelines/results/results.h"

namespace inferad::results {

// Of each finding that is present: the image at the centre of its place, or the slice where its segment is largest;
// without a place of its own the images of what was located, else the image that it is of, or those that the network
// got together, or the only one that there is. Each once. Of a finding of a volume without any place there is none: all
// its slices, or one of them, would point where nobody looked. Empty when nothing is present, or for no such image.
std::vector<findings::ImageReference> key_images(const ResultRequest& request);

// What was located for a finding without a place of its own: detections, on its image when it names one.
std::vector<const findings::Finding*> located_for(const findings::Findings& findings, const findings::Finding& finding);

// Whether an image can be named for the finding.
bool has_key_image(const ResultRequest& request, const findings::Finding& finding);
// The one image of `finding`; nullopt: none can be named for it, or several.
std::optional<findings::ImageReference> key_image_of(const ResultRequest& request, const findings::Finding& finding);

}  // namespace inferad::results
