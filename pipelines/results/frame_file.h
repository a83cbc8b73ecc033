// SPDX-License-Identifier: Apache-2.0
// What the checks of objects with frames read of each frame. Internal to results/.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipelines/findings/image.h"
#include "server/base/result.h"

class DcmItem;

namespace inferad::results {

struct FrameInFile {
  int segment = 0;         // 0: of no segment
  std::string source_uid;  // SOP Instance UID of the first source image; "" when the frame names none
  int source_frame = 1;    // of it
  std::string position;    // Image Position (Patient) as written; "" when the frame has none
};

// Each frame as shared and per-frame functional groups describe it.
std::vector<FrameInFile> read_frame_items(DcmItem& data);
// The instances of Common Instance Reference.
std::set<std::string> referenced_instances(DcmItem& data);

// Which slice of an image a frame was taken from.
class FrameSources {
 public:
  explicit FrameSources(const findings::Image& image);

  // The slice, 0-based. nullopt: the frame names no source image, or one that `referenced` does not list.
  std::optional<int> slice(const FrameInFile& frame, const std::set<std::string>& referenced) const;
  // True when the frame lies where the slice does (0.01 mm); always for projection images.
  bool in_place(const FrameInFile& frame, int slice) const;

 private:
  const findings::Image& image_;
  std::map<std::pair<std::string, int>, int> slices_;  // by instance and frame
};

}  // namespace inferad::results
