// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/modules.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "pipelines/findings/codes.h"
#include "pipelines/results/entity_attributes.h"
#include "pipelines/results/text.h"

namespace inferad::results {

namespace {

using findings::CodedConcept;

const CodedConcept kProcessingEquipment{"109102", "DCM", "Processing Equipment"};  // CID 7005
const CodedConcept kAcquisitionEquipment{"109101", "DCM", "Acquisition Equipment"};

void write_now(ItemWriter& out, const DicomTime& now, const DcmTagKey& date, const DcmTagKey& time) {
  out.value(date, now.date).value(time, now.time);
}

void add_private_scheme(std::set<std::string>& schemes, const std::optional<CodedConcept>& code) {
  if (code && code->scheme.starts_with("99")) schemes.insert(code->scheme);
}

std::set<std::string> private_schemes(const findings::Findings& findings) {
  std::set<std::string> schemes;
  add_private_scheme(schemes, findings.reason);
  for (const auto& segment : findings.segments)
    for (const auto& code : {segment.category, segment.type}) add_private_scheme(schemes, code);
  for (const auto& item : findings.items) {
    for (const auto& code : {std::optional(item.concept_code), item.site, item.laterality})
      add_private_scheme(schemes, code);
    for (const auto& measurement : item.measurements)
      for (const auto& code :
           {std::optional(measurement.name), std::optional(measurement.unit), measurement.derivation})
        add_private_scheme(schemes, code);
  }
  return schemes;
}

// PS3.3 C.12.1: declares each private scheme that the object may use.
void write_coding_schemes(ItemWriter& out, const ResultRequest& request, ResultKind kind) {
  auto schemes = private_schemes(request.findings);
  if (facts_of(kind).report) schemes.insert(std::string(findings::codes::kPrivateScheme));
  for (const auto& scheme : schemes) {
    auto item = out.item(DCM_CodingSchemeIdentificationSequence);
    item.line(DCM_CodingSchemeDesignator, scheme, 16);
    const bool ours = scheme == findings::codes::kPrivateScheme;
    item.paragraph(DCM_CodingSchemeName, ours ? "Inferad private codes" : "Private codes of the pipeline");
  }
}

// PS3.3 C.7.3.1.1.1; a parametric map says what it measures elsewhere.
std::string modality_of(ResultKind kind) {
  switch (kind) {
    case ResultKind::seg:
    case ResultKind::seg_fractional:
    case ResultKind::seg_labelmap:
      return "SEG";
    case ResultKind::kos:
      return "KO";
    case ResultKind::pr:
      return "PR";
    case ResultKind::sc:
    case ResultKind::pmap:
    case ResultKind::derived:  // an object that knows better says so
      return "OT";
    default:
      return "SR";
  }
}

// Body parts (PS3.16 Annex L) that there is one of.
bool is_unpaired(std::string_view part) {
  constexpr std::array<std::string_view, 55> kUnpaired = {"ABDOMEN",
                                                          "ABDOMENPELVIS",
                                                          "AORTA",
                                                          "BLADDER",
                                                          "BRAIN",
                                                          "CEREBELLUM",
                                                          "CERVIX",
                                                          "CHEST",
                                                          "CHESTABDOMEN",
                                                          "CHESTABDPELVIS",
                                                          "COCCYX",
                                                          "COLON",
                                                          "CSPINE",
                                                          "CTSPINE",
                                                          "DUODENUM",
                                                          "ESOPHAGUS",
                                                          "GALLBLADDER",
                                                          "HEAD",
                                                          "HEADNECK",
                                                          "HEART",
                                                          "ILEUM",
                                                          "JAW",
                                                          "JEJUNUM",
                                                          "LARYNX",
                                                          "LIVER",
                                                          "LSPINE",
                                                          "LSSPINE",
                                                          "MEDIASTINUM",
                                                          "MOUTH",
                                                          "NECK",
                                                          "NECKCHEST",
                                                          "NECKCHESTABDOMEN",
                                                          "NECKCHESTABDPELV",
                                                          "NOSE",
                                                          "PANCREAS",
                                                          "PELVIS",
                                                          "PENIS",
                                                          "PHARYNX",
                                                          "PROSTATE",
                                                          "RECTUM",
                                                          "SKULL",
                                                          "SPINE",
                                                          "SPLEEN",
                                                          "SSPINE",
                                                          "STERNUM",
                                                          "STOMACH",
                                                          "THYMUS",
                                                          "THYROID",
                                                          "TLSPINE",
                                                          "TONGUE",
                                                          "TRACHEA",
                                                          "TSPINE",
                                                          "UTERUS",
                                                          "VAGINA",
                                                          "WHOLEBODY"};
  return std::binary_search(kUnpaired.begin(), kUnpaired.end(), part);
}

Error contradiction(std::string_view what) { return {Errc::invalid_input, std::string(what)}; }

Status check_labels(const ResultRequest& request) {
  const auto& geometry = request.image->geometry;
  const auto& labels = *request.labels;
  if (labels.columns != geometry.columns || labels.rows != geometry.rows || labels.slices != geometry.slices ||
      labels.labels.size() != geometry.voxels())
    return contradiction("mask and image differ in size");
  return ok();
}

}  // namespace

Status check_image(const ResultRequest& request) {
  const auto& geometry = request.image->geometry;
  if (geometry.columns <= 0 || geometry.rows <= 0 || geometry.slices <= 0) return contradiction("the image is empty");
  if (geometry.columns > 0xFFFF || geometry.rows > 0xFFFF)
    return contradiction("the image has more than 65535 rows or columns");
  if (request.image->sources.size() != static_cast<std::size_t>(geometry.slices))
    return contradiction("the image does not name one source for each slice");
  for (const auto& slice : request.image->sources) {
    const auto* image = request.source.find(slice.file);
    if (!image) return contradiction("a slice comes from a file that is not in the source header");
    if (image->sop_instance_uid != slice.sop_instance_uid)
      return contradiction("a source file has changed its identity");
  }
  return ok();
}

DicomTime creation_time(const ResultRequest& request) {
  const auto source_zone = text_of(request.source.reference(), DCM_TimezoneOffsetFromUTC);
  const auto created = from_iso8601(request.job.created_at);
  INFERAD_CHECK(created.has_value());  // check_request() has seen it
  return dicom_time(*created, is_timezone_offset(source_zone) ? source_zone : request.job.timezone_offset);
}

std::string model_name() { return fmt::format("Inferad {}", INFERAD_VERSION); }

std::vector<const SourceImage*> analysed_images(const ResultRequest& request) {
  std::vector<const SourceImage*> images;
  std::set<std::string_view> seen;  // an instance may lie in two files
  const auto add = [&](const SourceImage* image) {
    if (image && image->is_image && seen.insert(image->sop_instance_uid).second) images.push_back(image);
  };
  if (request.image)
    for (const auto& slice : request.image->sources) add(request.source.find(slice.file));
  else
    for (const auto& image : request.source.images()) add(&image);
  return images;
}

findings::Execution execution_of(const ResultRequest& request) {
  std::vector<std::string> uids;
  for (const auto* image : analysed_images(request)) uids.push_back(image->sop_instance_uid);
  return findings::execution_of(request.findings, std::move(uids));
}

ObjectIdentity identity_of(const ResultRequest& request, ResultKind kind, std::string_view variant) {
  const auto execution = execution_of(request);
  const auto instance = findings::result_instance_uid(execution, kind, variant);
  return {kind,
          std::string(facts_of(kind).sop_class_uid),
          instance,
          findings::result_series_uid(instance),
          modality_of(kind),
          findings::dimension_organization_uid(instance)};
}

Status check_request(const ResultRequest& request) {
  INFERAD_TRY_STATUS(findings::validate(request.findings));
  if (!from_iso8601(request.job.created_at)) return contradiction("job: created_at is not a UTC time");
  if (request.findings.job != request.job.id || request.findings.revision != request.job.revision ||
      request.findings.study_uid != request.job.study_uid)
    return contradiction("findings and job do not belong together");
  if (request.findings.study_uid != request.source.study_uid())
    return contradiction("findings and images belong to different studies");
  if (request.labels && !request.image) return contradiction("a mask needs its image");
  if (!request.labels) return ok();
  INFERAD_TRY_STATUS(check_image(request));
  return check_labels(request);
}

void write_sop_common(ItemWriter& out, const ResultRequest& request, const ObjectIdentity& identity) {
  const auto now = creation_time(request);
  if (has_value(request.source.reference(), DCM_SpecificCharacterSet))
    out.copy(request.source.reference(), DCM_SpecificCharacterSet);
  out.value(DCM_SOPClassUID, identity.sop_class_uid).value(DCM_SOPInstanceUID, identity.sop_instance_uid);
  out.value(DCM_TimezoneOffsetFromUTC, now.offset);
  write_now(out, now, DCM_InstanceCreationDate, DCM_InstanceCreationTime);
  write_now(out, now, DCM_ContentDate, DCM_ContentTime);
  write_coding_schemes(out, request, identity.kind);
}

void write_patient_and_study(ItemWriter& out, const SourceHeader& source) {
  const auto& from = source.reference();
  out.copy(from, DCM_StudyInstanceUID);
  for (const auto& tag : identity_attributes()) out.copy_or_empty(from, tag);
  for (const auto& tag : descriptive_attributes()) out.copy_valid(from, tag);
  if (has_value(from, DCM_ClinicalTrialSponsorName) && has_value(from, DCM_ClinicalTrialProtocolID))
    for (const auto& tag : clinical_trial_attributes()) out.copy_valid(from, tag);
  // PS3.3 C.7.1.1: type 1C, one of the two says how the identity was removed. Sources that say YES only are left alone.
  if (!has_value(from, DCM_DeidentificationMethod) && !has_value(from, DCM_DeidentificationMethodCodeSequence)) return;
  for (const auto& tag :
       {DCM_PatientIdentityRemoved, DCM_DeidentificationMethod, DCM_DeidentificationMethodCodeSequence})
    if (has_value(from, tag)) out.copy_valid(from, tag);
}

void write_body_part(ItemWriter& out, const ResultRequest& request) {
  const auto& from = request.source.reference();
  out.copy_valid(from, DCM_BodyPartExamined);
  if (is_unpaired(text_of(from, DCM_BodyPartExamined))) return;
  const auto named = text_of(from, DCM_Laterality);
  const auto side = !request.views.empty() ? "" : named.empty() ? request.image->laterality : named;
  out.value(DCM_Laterality, side == "L" || side == "R" ? side : "");
}

void write_series(ItemWriter& out, const ResultRequest& request, const ObjectIdentity& identity) {
  const auto kind = to_string(identity.kind);
  const auto& algorithm = request.findings.algorithm;
  const auto now = creation_time(request);
  out.value(DCM_Modality, identity.modality)
      .value(DCM_SeriesInstanceUID, identity.series_uid)
      .value(DCM_InstanceNumber, "1");
  out.value(DCM_SeriesNumber, std::to_string(findings::result_series_number(request.findings.pipeline, identity.kind)));
  write_now(out, now, DCM_SeriesDate, DCM_SeriesTime);
  // The kind stays at the end whatever the length of the name: PACS rules look for it.
  const auto head = dicom_text(
      fmt::format("{}AI {} {}", request.options.research ? "RESEARCH - " : "", algorithm.name, algorithm.version),
      out.utf8(), 64 - 1 - kind.size());
  out.line(DCM_SeriesDescription, fmt::format("{} {}", head, kind));
}

void write_equipment(ItemWriter& out, const ResultRequest& request) {
  const auto& algorithm = request.findings.algorithm;
  out.value(DCM_Manufacturer, kManufacturer).line(DCM_ManufacturerModelName, model_name());
  out.line(DCM_DeviceSerialNumber, request.job.device_serial.empty() ? "0" : request.job.device_serial);
  const auto analysis = dicom_text(fmt::format("{} {}", algorithm.name, algorithm.version), out.utf8(), 64);
  out.value(DCM_SoftwareVersions, fmt::format("{}\\{}", INFERAD_VERSION, analysis));
  if (request.job.institution.empty())
    out.copy(request.source.reference(), DCM_InstitutionName);
  else
    out.line(DCM_InstitutionName, request.job.institution);
}

void write_algorithm_contribution(ItemWriter& out, const findings::Algorithm& algorithm) {
  auto item = out.item(DCM_ContributingEquipmentSequence);
  item.line(DCM_Manufacturer, algorithm.manufacturer.empty() ? kManufacturer : algorithm.manufacturer);
  item.line(DCM_ManufacturerModelName, algorithm.name).line(DCM_SoftwareVersions, algorithm.version);
  item.value(DCM_DeviceUID, findings::algorithm_device_uid(algorithm));
  item.code(DCM_PurposeOfReferenceCodeSequence, kProcessingEquipment);
}

void write_acquisition_contribution(ItemWriter& out, const SourceHeader& source) {
  if (!has_value(source.reference(), DCM_Manufacturer)) return;
  auto item = out.item(DCM_ContributingEquipmentSequence);
  for (const auto& tag :
       {DCM_Manufacturer, DCM_ManufacturerModelName, DCM_DeviceSerialNumber, DCM_SoftwareVersions, DCM_InstitutionName})
    item.copy(source.reference(), tag);
  item.code(DCM_PurposeOfReferenceCodeSequence, kAcquisitionEquipment);
}

void write_common(ItemWriter& out, const ResultRequest& request, const ObjectIdentity& identity) {
  write_sop_common(out, request, identity);
  write_patient_and_study(out, request.source);
  write_series(out, request, identity);
  write_equipment(out, request);
  write_algorithm_contribution(out, request.findings.algorithm);
}

void write_pixel_common(ItemWriter& out, const ResultRequest& request, const ObjectIdentity& identity) {
  write_common(out, request, identity);
  write_acquisition_contribution(out, request.source);
}

}  // namespace inferad::results
