// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/document.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <map>

#include "pipelines/results/modules.h"
#include "pipelines/results/object_check.h"

namespace inferad::results {

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

void write_evidence(ItemWriter& out, const std::string& study_uid, const std::vector<const SourceImage*>& images,
                    const std::optional<WrittenObject>& seg) {
  std::map<std::string, std::vector<const SourceImage*>> series;
  for (const auto* image : images) series[image->series_uid].push_back(image);
  if (series.empty() && !seg) return;  // type 1C: nothing is referenced
  auto study = out.item(DCM_CurrentRequestedProcedureEvidenceSequence);
  study.value(DCM_StudyInstanceUID, study_uid);
  for (const auto& [uid, members] : series) {
    auto item = study.item(DCM_ReferencedSeriesSequence);
    item.value(DCM_SeriesInstanceUID, uid);
    for (const auto* image : members)
      item.reference(DCM_ReferencedSOPSequence, image->sop_class_uid, image->sop_instance_uid);
  }
  if (seg)
    study.item(DCM_ReferencedSeriesSequence)
        .value(DCM_SeriesInstanceUID, seg->series_uid)
        .reference(DCM_ReferencedSOPSequence, seg->sop_class_uid, seg->sop_instance_uid);
}

void write_completion(ItemWriter& out, const ResultRequest& request) {
  const bool complete = request.findings.outcome == findings::Outcome::analysed;
  out.empty(DCM_ReferencedPerformedProcedureStepSequence);  // type 2
  out.value(DCM_CompletionFlag, complete ? "COMPLETE" : "PARTIAL");
  if (!complete) out.line(DCM_CompletionFlagDescription, request.findings.reason.meaning);
  out.value(DCM_VerificationFlag, "UNVERIFIED").value(DCM_PreliminaryFlag, "FINAL");
  out.empty(DCM_PerformedProcedureCodeSequence);  // type 2
}

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

void write_language(ContentItem& root) {
  root.code(Relationship::has_concept_modifier, dcm("121049", "Language of Content Item and Descendants"),
            {"en-US", "RFC5646", "English (United States)"});
}

void write_algorithm(ContentItem& item, const findings::Algorithm& algorithm, Relationship relationship) {
  item.text(relationship, dcm("111001", "Algorithm Name"), algorithm.name);
  item.text(relationship, dcm("111003", "Algorithm Version"), algorithm.version);
  if (!algorithm.parameters.empty())
    item.text(relationship, dcm("111002", "Algorithm Parameters"), algorithm.parameters);
  if (!algorithm.model_sha256.empty())
    item.text(relationship, dcm("111002", "Algorithm Parameters"), "model SHA-256 " + algorithm.model_sha256);
  item.code(relationship, dcm("111000", "Algorithm Family"), dcm("123110", "Artificial Intelligence"));
}

std::set<std::string> listed_evidence(DcmItem& data) {
  std::set<std::string> listed;
  for_each_item(data, DCM_CurrentRequestedProcedureEvidenceSequence, [&](DcmItem& study) {
    for_each_item(study, DCM_ReferencedSeriesSequence, [&](DcmItem& series) {
      for_each_item(series, DCM_ReferencedSOPSequence,
                    [&](DcmItem& instance) { listed.insert(text_of(instance, DCM_ReferencedSOPInstanceUID)); });
    });
  });
  return listed;
}

void write_device_observer(ContentItem& root, const ResultRequest& request) {
  constexpr auto kContext = Relationship::has_observation_context;
  const auto serial = request.job.device_serial.empty() ? std::string("0") : request.job.device_serial;
  root.code(kContext, dcm("121005", "Observer Type"), dcm("121007", "Device"));
  root.uid(kContext, dcm("121012", "Device Observer UID"), findings::observer_device_uid(serial));
  root.text(kContext, dcm("121013", "Device Observer Name"), kManufacturer);
  root.text(kContext, dcm("121014", "Device Observer Manufacturer"), kManufacturer);
  root.text(kContext, dcm("121015", "Device Observer Model Name"), model_name());
  root.text(kContext, dcm("121016", "Device Observer Serial Number"), serial);
}

}  // namespace inferad::results
