// SPDX-License-Identifier: Apache-2.0
// Which image of a study shows which view: "L CC" of a mammogram, "PA" of a chest. Thread-safe.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "pipelines/findings/image.h"
#include "pipelines/imaging/refusal.h"
#include "server/base/result.h"

namespace inferad::imaging {

// The files that show the wanted views, in their order. A view is ViewPosition, else the first item of View Code
// Sequence (mammography); laterality is ImageLaterality, else Laterality. An image with a view modifier (spot
// compression, magnification, …) shows no standard view and is passed over; files that hold one instance count once.
// A Refusal (VIEW_MISSING, VIEW_AMBIGUOUS) names the view. Errc::io when a file cannot be opened.
Result<OrRefusal<std::vector<std::filesystem::path>>> find_views(std::span<const std::filesystem::path> files,
                                                                 std::span<const findings::WantedView> wanted);

}  // namespace inferad::imaging
