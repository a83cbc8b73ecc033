// SPDX-License-Identifier: Apache-2.0
// Findings → DICOM objects of the kinds that the job asks for, in the order to send them. Each object is written beside
// its name, read back and checked against what it was made from, and only then gets its name, durably.
// The same request gives the same bytes: times come from the job, UIDs derive from the execution.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/findings/job.h"
#include "pipelines/results/source_header.h"
#include "server/base/result.h"

namespace inferad::results {

struct ResultOptions {
  bool research = true;  // series descriptions start with "RESEARCH - ", the report says so
  findings::CodedConcept procedure{"363679005", "SCT", "Imaging procedure"};  // reported when the images name none
  bool full_masks = false;  // segmentations have a frame for every slice, also without a voxel: some viewers need it
};

// How much of a finding's score each voxel of the image accounts for.
struct HeatValues {
  std::string label;              // of what was asked for: "Pneumonia"
  std::span<const float> values;  // share of the score, 0 or more
  double greatest = 0;
};

// What objects are made of beside the mask, on the grid of the image and in its order. Empty: there is none.
struct VoxelInputs {
  std::vector<std::span<const std::uint8_t>> probabilities;  // one a segment, 255 = 1; empty: only the mask is known
  HeatValues heat;
  std::span<const float> derived;  // of findings.files[0]
};

// References must outlive the call. `image` and `labels` are null when nothing was analysed, or several images
// together: then these are `views`, with their voxels, each of one slice.
struct ResultRequest {
  const findings::Job& job;
  const findings::Findings& findings;
  const SourceHeader& source;
  const findings::Image* image = nullptr;
  const findings::LabelMap* labels = nullptr;
  ResultOptions options;
  VoxelInputs voxels = {};
  std::span<const findings::Image> views = {};
};

struct WrittenObject {
  std::string sop_class_uid, sop_instance_uid, series_uid;
};
using WrittenObjects = std::map<ResultKind, WrittenObject>;

struct ResultFile {
  std::string name;  // in the folder: "seg-labelmap.dcm"
  ResultKind kind = ResultKind::sr;
  std::optional<ResultKind> beside = {};  // of a report: the segmentation that it refers to
  std::string refused = {};               // why it failed its check; then there is no file, and no name
  bool operator==(const ResultFile&) const = default;
};

std::string file_name_of(ResultKind kind);

// Writes the kinds of job.results that this study gives into `folder`, segmentations also in job.encodings (behind the
// plain file: the same object, "seg-deflated.dcm"), and tells which, in sending order. A mask
// without any voxel gives no SEG; the report then says so. A report is written beside each segmentation, to refer to
// it. On failure nothing half-written stays; objects that were complete may stay. An object that fails its check is
// told as refused and the others are written. Errc::invalid_input: request contradicts itself or the images; Errc::io:
// disk.
Result<std::vector<ResultFile>> write_results(const ResultRequest& request, const std::filesystem::path& folder);

}  // namespace inferad::results
