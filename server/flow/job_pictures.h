// SPDX-License-Identifier: Apache-2.0
// The pictures that a worker made for the study page (pictures.json in the folder of a job, pipelines/worker/
// picture_files.h): files are read, never decoded. What pictures.json does not name is not served, and no link is
// followed: the folder is written by a process that runs models.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "server/base/result.h"

namespace inferad::flow {

inline constexpr std::size_t kPictureListBytesMax = 1 << 20, kPictureBytesMax = 4 << 20;

struct PicturePlace {
  std::filesystem::path folder;  // of the job
  std::int64_t job = 0;
  std::string study_uid;
};

// {"pictures": […]} as the worker wrote it; an empty list when it made none, or when what lies there belongs to another
// job or study. io: the disk.
Result<std::string> picture_list(const PicturePlace& place);

// The bytes of the PNG `name`. not_found: the list does not name it, or it is none.
Result<std::string> picture_bytes(const PicturePlace& place, const std::string& name);

}  // namespace inferad::flow
