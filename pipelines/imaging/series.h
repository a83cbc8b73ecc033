// SPDX-License-Identifier: Apache-2.0
// A DICOM series on disk → Image: headers, geometry gate, decoding, all on a few threads. Slices end up in the order of
// their positions, whatever the files are called. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "pipelines/findings/image.h"
#include "pipelines/imaging/geometry.h"
#include "pipelines/imaging/refusal.h"
#include "server/base/result.h"

namespace inferad::imaging {

struct LoadOptions {
  int threads = 2;
  std::size_t files_max = 10'000, slices_max = 10'000;       // a multi-frame file has many slices
  std::uint64_t decoded_bytes_max = std::uint64_t{2} << 30;  // of the volume in memory
  GeometryTolerance tolerance{};
  findings::FrameChoice frames = findings::FrameChoice::none;  // of load_projection
};

// An Image, or why the content of the files is none (a Refusal with the first image that is to blame). Files that hold
// the same instance at the same position count once. Errc::io when a file cannot be opened, Errc::overload when memory
// does not suffice.
Result<OrRefusal<findings::Image>> load_series(std::span<const std::filesystem::path> files,
                                               const LoadOptions& options = {});

}  // namespace inferad::imaging
