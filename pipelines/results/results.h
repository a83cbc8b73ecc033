// SPDX-License-Identifier: Apache-2.0
// Findings → DICOM objects: one SEG (when there is a mask) and one SR, in the order to send them. Each object is
// written beside its name, read back and checked against what it was made from, and only then gets its name, durably.
// The same request gives the same bytes: times come from the job, UIDs derive from the execution.
#pragma once

#include <filesystem>
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
};

// References must outlive the call. `image` and `labels` are null when nothing was analysed.
struct ResultRequest {
  const findings::Job& job;
  const findings::Findings& findings;
  const SourceHeader& source;
  const findings::Image* image = nullptr;
  const findings::LabelMap* labels = nullptr;
  ResultOptions options;
};

struct WrittenObject {
  std::string sop_class_uid, sop_instance_uid, series_uid;
};

// Writes seg.dcm and sr.dcm into `folder` and gives the names written, in sending order. A mask without any voxel gives
// no SEG; the report then says so. On failure nothing half-written stays; objects that were complete may stay.
// Errc::invalid_input: request contradicts itself or the images; Errc::io: disk; Errc::model: an object failed its
// check.
Result<std::vector<std::string>> write_results(const ResultRequest& request, const std::filesystem::path& folder);

}  // namespace inferad::results
