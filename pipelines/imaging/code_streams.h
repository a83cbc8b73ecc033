// SPDX-License-Identifier: Apache-2.0
// The fragments of encapsulated pixel data (PS3.5 A.4) → the code stream of each frame. For what the toolkit cannot
// decode itself. Internal to imaging/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/base/result.h"

class DcmDataset;

namespace inferad::imaging {

using Bytes = std::vector<std::uint8_t>;

// All frames of the data set, in their order. A frame is one fragment where there are as many as frames, else what the
// Basic Offset Table says; without one, a fragment that begins as a JPEG 2000 code stream begins a frame.
// Errc::invalid_ input when that does not give `frames` frames.
Result<std::vector<Bytes>> code_streams(DcmDataset& dataset, std::size_t frames);

}  // namespace inferad::imaging
