// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/document.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <map>

#include "pipelines/results/modules.h"

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
