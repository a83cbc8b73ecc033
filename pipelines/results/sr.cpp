// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/sr.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <map>

#include "pipelines/results/modules.h"
#include "pipelines/results/part10.h"
#include "pipelines/results/seg.h"
#include "pipelines/results/sr_tree.h"

namespace inferad::results {

namespace {

using findings::Outcome;

// PS3.3 C.17.2 SR Document General. VERIFIED is for humans.
void write_document(ItemWriter& out, const ResultRequest& request) {
  const bool complete = request.findings.outcome == Outcome::analysed;
  out.empty(DCM_ReferencedPerformedProcedureStepSequence);  // type 2
  out.value(DCM_CompletionFlag, complete ? "COMPLETE" : "PARTIAL");
  if (!complete) out.line(DCM_CompletionFlagDescription, request.findings.reason.meaning);
  out.value(DCM_VerificationFlag, "UNVERIFIED").value(DCM_PreliminaryFlag, "FINAL");
  out.empty(DCM_PerformedProcedureCodeSequence);  // type 2
}

// The order that the images were made for, as far as they name it.
void write_request(ItemWriter& out, const SourceHeader& source) {
  const auto& from = source.reference();
  DcmItem* attributes = nullptr;
  const_cast<DcmItem&>(from).findAndGetSequenceItem(DCM_RequestAttributesSequence, attributes);
  if (!attributes && !has_value(from, DCM_AccessionNumber)) return;
  auto item = out.item(DCM_ReferencedRequestSequence);
  item.copy(from, DCM_StudyInstanceUID).empty(DCM_ReferencedStudySequence);
  for (const auto& tag :
       {DCM_AccessionNumber, DCM_PlacerOrderNumberImagingServiceRequest, DCM_FillerOrderNumberImagingServiceRequest})
    item.copy_or_empty(from, tag);
  for (const auto& tag : {DCM_RequestedProcedureID, DCM_RequestedProcedureDescription})
    item.copy_or_empty(attributes && has_value(*attributes, tag) ? *attributes : from, tag);
  item.empty(DCM_RequestedProcedureCodeSequence);
}

// A destination has the earlier report of the kind that it gets now.
void write_predecessors(ItemWriter& out, const ResultRequest& request, ResultKind kind) {
  std::optional<ItemWriter> study;
  for (const auto& report : request.job.predecessors) {
    if (report.kind != kind) continue;
    if (!study) {
      study = out.item(DCM_PredecessorDocumentsSequence);
      study->value(DCM_StudyInstanceUID, request.findings.study_uid);
    }
    study->item(DCM_ReferencedSeriesSequence)
        .value(DCM_SeriesInstanceUID, findings::result_series_uid(report.sop_instance_uid))
        .reference(DCM_ReferencedSOPSequence, facts_of(kind).sop_class_uid, report.sop_instance_uid);
  }
}

// Two failures for different reasons are two reports. Beside BINARY, or where there is no mask, the report is the one
// that it always was.
std::string variant_of(const ResultRequest& request, const ReportForm& form) {
  if (request.findings.outcome == Outcome::failed) return request.findings.reason_text;
  if (form.seg) return form.seg_kind == ResultKind::seg ? "" : fmt::format("beside {}", to_string(form.seg_kind));
  return form.places() && has_voxels(request) ? "alone" : "";
}

// Every instance that the tree refers to: the images and the SEG.
void write_evidence(ItemWriter& out, const ResultRequest& request, const std::optional<WrittenObject>& seg) {
  std::map<std::string, std::vector<const SourceImage*>> series;
  for (const auto* image : analysed_images(request)) series[image->series_uid].push_back(image);
  if (series.empty() && !seg) return;  // type 1C: nothing is referenced
  auto study = out.item(DCM_CurrentRequestedProcedureEvidenceSequence);
  study.value(DCM_StudyInstanceUID, request.findings.study_uid);
  for (const auto& [uid, images] : series) {
    auto item = study.item(DCM_ReferencedSeriesSequence);
    item.value(DCM_SeriesInstanceUID, uid);
    for (const auto* image : images)
      item.reference(DCM_ReferencedSOPSequence, image->sop_class_uid, image->sop_instance_uid);
  }
  if (seg)
    study.item(DCM_ReferencedSeriesSequence)
        .value(DCM_SeriesInstanceUID, seg->series_uid)
        .reference(DCM_ReferencedSOPSequence, seg->sop_class_uid, seg->sop_instance_uid);
}

}  // namespace

Result<WrittenObject> write_sr(const ResultRequest& request, const ReportForm& form,
                               const std::filesystem::path& path) {
  INFERAD_TRY_STATUS(check_request(request));
  const auto identity = identity_of(request, form.kind, variant_of(request, form));
  DcmFileFormat object;
  ItemWriter out(*object.getDataset(), request.source.utf8());
  write_sop_common(out, request, identity);
  write_patient_and_study(out, request.source);
  write_series(out, request, identity);
  write_equipment(out, request);
  write_algorithm_contribution(out, request.findings.algorithm);
  write_document(out, request);
  write_request(out, request.source);
  write_predecessors(out, request, form.kind);
  write_evidence(out, request, form.seg);
  write_report_tree(out, request, form);
  INFERAD_TRY_STATUS(write_checked(object, path, [&](const auto& part) { return check_sr(request, form, part); }));
  return WrittenObject{identity.sop_class_uid, identity.sop_instance_uid, identity.series_uid};
}

}  // namespace inferad::results
