// SPDX-License-Identifier: Apache-2.0
// The pictures of a job for the study page, as files in its folder: picture-N.png, picture-N-marks.png, and
// pictures.json that names them: {"job", "study_uid", "pictures": [{"image", "marks", "width", "height", "caption",
// "findings", "outlines": [{"label", "rgb"}], "places", "heat", "left", "top"}]}. The node serves no file that this one
// does not name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipelines/results/pictures.h"
#include "server/base/result.h"

namespace inferad::worker {

// Durable; pictures.json last. Without pictures nothing is written.
Status write_pictures(const std::vector<results::Picture>& pictures, const std::string& job,
                      const std::string& study_uid, const std::filesystem::path& folder);

}  // namespace inferad::worker
