// SPDX-License-Identifier: Apache-2.0
// One projection image on disk (CR, DX, MG, …) → Image with one slice, or frames of a multi-frame one (US, XA, RF).
// Thread-safe.
#pragma once

#include <filesystem>

#include "pipelines/findings/image.h"
#include "pipelines/imaging/refusal.h"
#include "pipelines/imaging/series.h"
#include "server/base/result.h"

namespace inferad::imaging {

// Modality values, not windowed and not inverted: Image::grey tells how they are meant to be shown. Pixel spacing is
// PixelSpacing, else ImagerPixelSpacing, else unknown. options.frames says what becomes of several frames; then 8-bit
// colour is taken, too, as luminance. Errors as load_series.
Result<OrRefusal<findings::Image>> load_projection(const std::filesystem::path& file, const LoadOptions& options = {});

}  // namespace inferad::imaging
