// SPDX-License-Identifier: Apache-2.0
// Structured reports with template TID 1500 (PS3.16): what was measured and found, or why nothing was. Unverified.
//   SR                Comprehensive 3D SR (PS3.3 A.35.13)
//   SR_COMPREHENSIVE  Comprehensive SR (A.35.3): places in the patient as outlines on the images
//   SR_TRIAGE         Comprehensive SR that says whether, never where: no region, no site, no side, no measurement of a
//   part
#pragma once

#include <filesystem>
#include <optional>

#include "pipelines/results/results.h"

namespace inferad::results {

struct ReportForm {
  ResultKind kind = ResultKind::sr;
  std::optional<WrittenObject> seg = {};  // what groups with a segment refer to; without it they are TID 1501 groups
  ResultKind seg_kind = ResultKind::seg;  // of `seg`

  bool places() const { return kind != ResultKind::sr_triage; }
  bool solid() const { return kind == ResultKind::sr; }  // coordinates of the patient
};

// Durable on success; on failure nothing is left at `path`.
Result<WrittenObject> write_sr(const ResultRequest& request, const ReportForm& form, const std::filesystem::path& path);

// Reads `path` back: attributes that must have a value, codes that are complete, legal content tree of the class
// (DCMTK), every referenced instance listed as evidence, every analysed image and segment referenced, numbers that fit
// into DS, and no place in a report for triage. Errc::model with the first contradiction.
Status check_sr(const ResultRequest& request, const ReportForm& form, const std::filesystem::path& path);

}  // namespace inferad::results
