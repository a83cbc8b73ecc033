// SPDX-License-Identifier: Apache-2.0
// Files and folders that a person names → the study and its image series, as the node's router would hand them over.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "pipelines/findings/job.h"
#include "server/base/result.h"

namespace inferad::imaging {

struct FoundStudy {
  std::string study_uid;
  std::vector<findings::JobSeries> series;  // most images first, localizers last; absolute paths, sorted
  std::size_t skipped = 0;                  // files that are no DICOM images
};

// Folders are searched with what they contain; links to folders are not followed. Fails when a path does not exist,
// when there is no image, more than one study (Errc::invalid_input), or more than 100,000 files (Errc::overload).
Result<FoundStudy> find_series(std::span<const std::filesystem::path> paths, int threads = 2);

}  // namespace inferad::imaging
