// SPDX-License-Identifier: Apache-2.0
// Segmentations in smaller encodings: RLE Lossless (PS3.5 Annex G), or the whole data set deflated (PS3.5 A.5). The
// same SOP instance with the same UID in another transfer syntax: whoever refers to it need not know which was sent.
#pragma once

#include <filesystem>

#include "server/base/result.h"
#include "server/base/result_encoding.h"

namespace inferad::results {

// Makes `path` of `plain`, an object of ours in Explicit VR Little Endian of a kind that `encoding` suits. What is read
// back and decoded must be `plain` again, byte by byte: else Errc::model, and nothing is left at `path`. Durable on
// success. Errc::io: disk.
Status write_encoded(const std::filesystem::path& plain, ResultEncoding encoding, const std::filesystem::path& path);

}  // namespace inferad::results
