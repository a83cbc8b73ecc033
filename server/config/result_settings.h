// SPDX-License-Identifier: Apache-2.0
// Part of settings.h: what destinations get, and how segmentations are written. Plain values.
#pragma once

#include <string>
#include <vector>

#include "server/base/result_encoding.h"
#include "server/base/result_kind.h"

namespace inferad::config {

using Wish = std::vector<ResultKind>;  // the first of these that the destination accepts; never empty

struct ResultDestination {
  std::string peer;
  std::vector<Wish> send{{ResultKind::seg}, {ResultKind::sr}};  // each kind at most once
  std::vector<ResultEncoding> encodings = {};                   // of segmentations, preferred to none, best first
  bool operator==(const ResultDestination&) const = default;
};

struct SegmentationSettings {
  bool full_masks = false;  // a frame for each segment and slice, also without a voxel
  bool operator==(const SegmentationSettings&) const = default;
};

}  // namespace inferad::config
