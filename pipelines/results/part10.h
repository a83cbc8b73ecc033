// SPDX-License-Identifier: Apache-2.0
// DICOM Part 10 files: our own file meta information, no time or host in it. Internal.
#pragma once

#include <filesystem>
#include <functional>

#include "server/base/result.h"

class DcmFileFormat;

namespace inferad::results {

// Fills the meta information of `object`, writes it to a name beside `path`, lets `check` read it, fsyncs, and gives it
// its name (durable). `object` is empty afterwards. When anything fails, `check` included, the temporary file is
// removed and `path` is as it was. The pixel data must be in the representation of `transfer_syntax` (Explicit VR
// Little Endian).
Status write_checked(DcmFileFormat& object, const std::filesystem::path& path,
                     const std::function<Status(const std::filesystem::path&)>& check,
                     const char* transfer_syntax = "1.2.840.10008.1.2.1");

}  // namespace inferad::results
