// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/object_check.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include "pipelines/results/item_writer.h"

namespace inferad::results {

namespace {

Error lacking(std::string_view object, const DcmTagKey& tag, std::string_view what) {
  return {Errc::model, fmt::format("{}: {} {}", object, DcmTag(tag).getTagName(), what)};
}

}  // namespace

Status check_attributes(const DcmItem& item, const std::vector<DcmTagKey>& required,
                        const std::vector<DcmTagKey>& present, std::string_view object) {
  for (const auto& tag : required)
    if (!has_value(item, tag)) return lacking(object, tag, "has no value");
  for (const auto& tag : present)
    if (!const_cast<DcmItem&>(item).tagExists(tag)) return lacking(object, tag, "is absent");
  return ok();
}

Status check_common(const DcmItem& data, std::string_view object) {
  return check_attributes(data,
                          {DCM_SOPClassUID, DCM_SOPInstanceUID, DCM_StudyInstanceUID, DCM_SeriesInstanceUID,
                           DCM_Modality, DCM_SeriesNumber, DCM_InstanceNumber, DCM_SeriesDescription, DCM_ContentDate,
                           DCM_ContentTime, DCM_Manufacturer, DCM_ManufacturerModelName, DCM_DeviceSerialNumber,
                           DCM_SoftwareVersions, DCM_ContributingEquipmentSequence, DCM_TimezoneOffsetFromUTC},
                          {DCM_PatientName, DCM_PatientID, DCM_PatientBirthDate, DCM_PatientSex, DCM_StudyDate,
                           DCM_StudyTime, DCM_StudyID, DCM_AccessionNumber, DCM_ReferringPhysicianName},
                          object);
}

void for_each_item(DcmItem& parent, const DcmTagKey& sequence, const std::function<void(DcmItem&)>& visit) {
  DcmSequenceOfItems* items = nullptr;
  if (parent.findAndGetSequence(sequence, items).bad()) return;
  for (DcmObject* object = items->nextInContainer(nullptr); object; object = items->nextInContainer(object))
    visit(*static_cast<DcmItem*>(object));
}

}  // namespace inferad::results
