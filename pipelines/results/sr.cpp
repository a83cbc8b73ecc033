// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/sr.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <optional>

#include "pipelines/results/document.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/part10.h"
#include "pipelines/results/seg.h"
#include "pipelines/results/sr_tree.h"

namespace inferad::results {

namespace {

// Two failures for different reasons are two reports. Beside BINARY, or where there is no mask, the report is the one
// that it always was.
std::string variant_of(const ResultRequest& request, const ReportForm& form) {
  if (request.findings.outcome == findings::Outcome::failed) return request.findings.reason_text;
  if (form.seg) return form.seg_kind == ResultKind::seg ? "" : fmt::format("beside {}", to_string(form.seg_kind));
  return form.places() && has_voxels(request) ? "alone" : "";
}

}  // namespace

Result<WrittenObject> write_sr(const ResultRequest& request, const ReportForm& form,
                               const std::filesystem::path& path) {
  INFERAD_TRY_STATUS(check_request(request));
  const auto identity = identity_of(request, form.kind, variant_of(request, form));
  DcmFileFormat object;
  ItemWriter out(*object.getDataset(), request.source.utf8());
  write_common(out, request, identity);
  write_completion(out, request);
  write_request(out, request.source);
  write_predecessors(out, request, form.kind);
  write_evidence(out, request.findings.study_uid, analysed_images(request), form.seg);
  write_report_tree(out, request, form);
  INFERAD_TRY_STATUS(write_checked(object, path, [&](const auto& part) { return check_sr(request, form, part); }));
  return WrittenObject{identity.sop_class_uid, identity.sop_instance_uid, identity.series_uid};
}

}  // namespace inferad::results
