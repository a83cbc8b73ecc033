// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/source_header.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <array>
#include <mutex>

#include "pipelines/results/entity_attributes.h"
#include "pipelines/results/item_writer.h"

namespace inferad::results {

namespace {

constexpr Uint32 kValueBytesInMemory = 64 * 1024;  // longer values stay in the file: nothing we copy is that long

// What later steps need beside patient and study: equipment, geometry, window, lossy history and order of the source.
const std::array kKept = {DCM_SpecificCharacterSet,
                          DCM_TimezoneOffsetFromUTC,
                          DCM_StudyInstanceUID,
                          DCM_PatientIdentityRemoved,
                          DCM_DeidentificationMethod,
                          DCM_DeidentificationMethodCodeSequence,
                          DCM_InstitutionName,
                          DCM_Manufacturer,
                          DCM_ManufacturerModelName,
                          DCM_DeviceSerialNumber,
                          DCM_SoftwareVersions,
                          DCM_BodyPartExamined,
                          DCM_FrameOfReferenceUID,
                          DCM_PositionReferenceIndicator,
                          DCM_PixelSpacing,
                          DCM_SliceThickness,
                          DCM_ImageOrientationPatient,
                          DCM_Laterality,
                          DCM_PatientPosition,
                          DCM_WindowCenter,
                          DCM_WindowWidth,
                          DCM_ScanningSequence,
                          DCM_SequenceVariant,
                          DCM_ScanOptions,
                          DCM_MRAcquisitionType,
                          DCM_RepetitionTime,
                          DCM_EchoTime,
                          DCM_EchoTrainLength,
                          DCM_InversionTime,
                          DCM_RescaleIntercept,
                          DCM_RescaleSlope,
                          DCM_RescaleType,
                          DCM_LossyImageCompression,
                          DCM_LossyImageCompressionRatio,
                          DCM_LossyImageCompressionMethod,
                          DCM_RequestAttributesSequence,
                          DCM_RequestedProcedureID,
                          DCM_RequestedProcedureDescription,
                          DCM_PlacerOrderNumberImagingServiceRequest,
                          DCM_FillerOrderNumberImagingServiceRequest};

// Two images of one study never differ in these (standards: else quarantine, emit nothing).
struct Identity {
  DcmTagKey tag;
  const char* name;
};
const std::array kIdentity = {
    Identity{DCM_StudyInstanceUID, "Study Instance UID"},    Identity{DCM_PatientID, "Patient ID"},
    Identity{DCM_IssuerOfPatientID, "Issuer of Patient ID"}, Identity{DCM_PatientName, "Patient's Name"},
    Identity{DCM_PatientBirthDate, "Patient's Birth Date"},  Identity{DCM_AccessionNumber, "Accession Number"}};

std::string comparable(const DcmItem& item, const Identity& identity) {
  auto text = text_of(item, identity.tag);
  const auto last = text.find_last_not_of(" ^");  // PS3.5 6.2.1: trailing delimiters of a name mean nothing
  return last == std::string::npos ? std::string() : text.substr(0, last + 1);
}

// DCMTK writes lines of its own to stderr, values of attributes among them: patient data never enters a log.
void silence_toolkit() {
  static std::once_flag once;
  std::call_once(once, [] { OFLog::configure(OFLogger::OFF_LOG_LEVEL); });
}

Error invalid(const std::filesystem::path& file, std::string_view what) {
  return {Errc::invalid_input, fmt::format("{}: {}", file.filename().string(), what)};
}

Status load(const std::filesystem::path& file, DcmFileFormat& format) {
  const auto condition = format.loadFileUntilTag(file.c_str(), EXS_Unknown, EGL_noChange, kValueBytesInMemory,
                                                 ERM_autoDetect, DCM_PixelData);
  if (condition.good()) return ok();
  if (!std::filesystem::exists(file)) return Error{Errc::not_found, fmt::format("{}: no such file", file.string())};
  return invalid(file, fmt::format("not readable as DICOM ({})", condition.text()));
}

Result<SourceImage> identity_of(const std::filesystem::path& file, const DcmItem& data) {
  SourceImage image{file,
                    text_of(data, DCM_SOPClassUID),
                    text_of(data, DCM_SOPInstanceUID),
                    text_of(data, DCM_SeriesInstanceUID),
                    text_of(data, DCM_Modality),
                    text_of(data, DCM_FrameOfReferenceUID),
                    text_of(data, DCM_ImagePositionPatient),
                    has_value(data, DCM_Rows),
                    text_of(data, DCM_SeriesNumber),
                    text_of(data, DCM_InstanceNumber)};
  if (image.sop_class_uid.empty()) return invalid(file, "SOP Class UID is missing");
  if (image.sop_instance_uid.empty()) return invalid(file, "SOP Instance UID is missing");
  if (image.series_uid.empty()) return invalid(file, "Series Instance UID is missing");
  if (text_of(data, DCM_StudyInstanceUID).empty()) return invalid(file, "Study Instance UID is missing");
  return image;
}

Status same_patient_and_study(const std::filesystem::path& file, const DcmItem& reference, const DcmItem& data) {
  for (const auto& identity : kIdentity)
    if (comparable(reference, identity) != comparable(data, identity))
      return invalid(file, fmt::format("{} differs between images of the study", identity.name));
  return ok();
}

}  // namespace

SourceHeader::SourceHeader() : reference_(std::make_unique<DcmItem>()) {}
SourceHeader::SourceHeader(SourceHeader&&) noexcept = default;
SourceHeader& SourceHeader::operator=(SourceHeader&&) noexcept = default;
SourceHeader::~SourceHeader() = default;

Status SourceHeader::add(const std::filesystem::path& file) {
  if (index_.contains(file)) return ok();
  DcmFileFormat format;
  INFERAD_TRY_STATUS(load(file, format));
  const DcmItem& data = *format.getDataset();
  INFERAD_TRY(auto image, identity_of(file, data));
  if (images_.empty()) {
    ItemWriter kept(*reference_, false);
    for (const auto& tag : kKept) kept.copy(data, tag);
    for (const auto* tags : {&identity_attributes(), &descriptive_attributes(), &clinical_trial_attributes()})
      for (const auto& tag : *tags) kept.copy(data, tag);
  } else {
    INFERAD_TRY_STATUS(same_patient_and_study(file, *reference_, data));
    // One lossy image makes the whole source lossy (PS3.3 C.7.6.1.1.5).
    if (text_of(data, DCM_LossyImageCompression) == "01" && text_of(*reference_, DCM_LossyImageCompression) != "01") {
      ItemWriter kept(*reference_, false);
      for (const auto& tag :
           {DCM_LossyImageCompression, DCM_LossyImageCompressionRatio, DCM_LossyImageCompressionMethod})
        kept.copy(data, tag);
    }
  }
  index_[file] = images_.size();
  images_.push_back(std::move(image));
  return ok();
}

Result<SourceHeader> SourceHeader::read(std::span<const std::filesystem::path> files) {
  silence_toolkit();
  if (files.empty()) return Error{Errc::invalid_input, "there are no source images"};
  SourceHeader header;
  for (const auto& file : files) INFERAD_TRY_STATUS(header.add(file));
  return header;
}

const SourceImage* SourceHeader::find(const std::filesystem::path& file) const {
  const auto found = index_.find(file);
  return found == index_.end() ? nullptr : &images_[found->second];
}

std::string SourceHeader::study_uid() const { return text_of(*reference_, DCM_StudyInstanceUID); }
bool SourceHeader::utf8() const { return text_of(*reference_, DCM_SpecificCharacterSet) == "ISO_IR 192"; }
const DcmItem& SourceHeader::reference() const { return *reference_; }

}  // namespace inferad::results
