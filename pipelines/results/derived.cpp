// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/derived.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>

#include "pipelines/findings/codes.h"
#include "pipelines/results/derived_scale.h"
#include "pipelines/results/grid_frames.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/part10.h"

namespace inferad::results {

namespace {

namespace fs = std::filesystem;

enum class Form { ct, mr, capture };

bool hounsfield(const ResultRequest& request) {
  return request.findings.files.front().unit == findings::codes::kHounsfieldUnit;
}

Form form_of(const ResultRequest& request) {
  const auto& image = *request.image;
  if (image.projection) return Form::capture;
  if (hounsfield(request) || image.modality == "CT") return Form::ct;
  return image.modality == "MR" ? Form::mr : Form::capture;
}

std::size_t slice_voxels(const ResultRequest& request) {
  return static_cast<std::size_t>(request.image->geometry.columns) *
         static_cast<std::size_t>(request.image->geometry.rows);
}

std::span<const float> values_of(const ResultRequest& request, int slice) {
  return request.voxels.derived.subspan(static_cast<std::size_t>(slice) * slice_voxels(request), slice_voxels(request));
}

ObjectIdentity series_identity(const ResultRequest& request) {
  auto identity = identity_of(request, ResultKind::derived);
  switch (form_of(request)) {
    case Form::ct:
      identity.sop_class_uid = UID_CTImageStorage;
      identity.modality = "CT";
      break;
    case Form::mr:
      identity.sop_class_uid = UID_MRImageStorage;
      identity.modality = "MR";
      break;
    case Form::capture:
      identity.sop_class_uid = UID_SecondaryCaptureImageStorage;
      break;
  }
  return identity;
}

// One series; the UID of each image derives from it and the slice.
ObjectIdentity image_identity(const ObjectIdentity& series, int slice) {
  auto identity = series;
  identity.sop_instance_uid = findings::slice_instance_uid(series.sop_instance_uid, slice);
  return identity;
}

// PS3.3 C.8.2.1: of a computed image nothing of the exposure is known (type 2).
void write_ct(ItemWriter& out, const ResultRequest& request) {
  out.empty(DCM_KVP).empty(DCM_AcquisitionNumber);
  out.value(DCM_RescaleType, hounsfield(request) ? "HU" : "US");
}

// PS3.3 C.8.3.1: as the source was acquired where its header says so, else "research mode" with nothing known.
void write_mr(ItemWriter& out, const ResultRequest& request) {
  const auto& from = request.source.reference();
  const auto copied = [&](const DcmTagKey& tag, const char* otherwise) {
    if (has_value(from, tag)) out.copy_valid(from, tag);
    if (!has_value(out.item(), tag)) out.value(tag, otherwise);
  };
  copied(DCM_ScanningSequence, "RM");
  copied(DCM_SequenceVariant, "NONE");
  for (const auto& tag :
       {DCM_ScanOptions, DCM_MRAcquisitionType, DCM_RepetitionTime, DCM_EchoTime, DCM_EchoTrainLength})
    out.copy_or_empty(from, tag);
  if (has_value(from, DCM_InversionTime)) out.copy_valid(from, DCM_InversionTime);
}

void write_pixels(ItemWriter& out, const ResultRequest& request, int slice, const Scale& scale) {
  const auto& geometry = request.image->geometry;
  out.number(DCM_SamplesPerPixel, std::uint16_t{1}).value(DCM_PhotometricInterpretation, "MONOCHROME2");
  out.number(DCM_Rows, static_cast<std::uint16_t>(geometry.rows));
  out.number(DCM_Columns, static_cast<std::uint16_t>(geometry.columns));
  out.number(DCM_BitsAllocated, std::uint16_t{16}).number(DCM_BitsStored, std::uint16_t{16});
  out.number(DCM_HighBit, std::uint16_t{15});
  out.number(DCM_PixelRepresentation, static_cast<std::uint16_t>(scale.is_signed ? 1 : 0));
  out.value(DCM_RescaleIntercept, scale.intercept_text).value(DCM_RescaleSlope, scale.slope_text);
  if (form_of(request) != Form::ct) out.value(DCM_RescaleType, "US");  // unspecified
  write_lossy_history(out, request);
  const auto values = values_of(request, slice);
  std::transform(values.begin(), values.end(), out.pixel_words(values.size()).begin(),
                 [&](float value) { return scale.stored(value); });
}

void write_image(ItemWriter& out, const ResultRequest& request, const ObjectIdentity& identity, int slice,
                 const Scale& scale) {
  write_pixel_common(out, request, identity);
  write_body_part(out, request);
  out.value(DCM_InstanceNumber, std::to_string(slice + 1));
  const auto form = form_of(request);
  out.value(DCM_ImageType, form == Form::ct ? "DERIVED\\SECONDARY\\AXIAL" : "DERIVED\\SECONDARY\\OTHER");
  out.paragraph(DCM_DerivationDescription, request.findings.files.front().label, 1024);
  write_frame_sources(out, request.image->sources, {slice});
  out.value(DCM_BurnedInAnnotation, "NO");
  if (form == Form::capture) {
    out.value(DCM_ConversionType, "WSD").empty(DCM_PatientOrientation);
  } else {
    write_frame_of_reference(out, request, true);
    write_image_plane(out, request, slice);
    out.copy_or_empty(request.source.reference(), DCM_PatientPosition);
  }
  if (form == Form::ct) write_ct(out, request);
  if (form == Form::mr) write_mr(out, request);
  write_pixels(out, request, slice, scale);
}

Status check_input(const ResultRequest& request) {
  if (!has_derived(request)) return Error{Errc::invalid_input, "there is no derived image"};
  INFERAD_TRY_STATUS(check_image(request));
  if (request.image->geometry.slices > kDerivedImagesMax)
    return Error{Errc::invalid_input, "the derived image has too many slices for a series"};
  if (request.voxels.derived.size() != request.image->geometry.voxels())
    return Error{Errc::invalid_input, "derived image and source differ in size"};
  return check_sources(request);
}

}  // namespace

bool has_derived(const ResultRequest& request) {
  return request.image != nullptr && !request.voxels.derived.empty() && !request.findings.files.empty();
}

Result<std::vector<DerivedFile>> write_derived(const ResultRequest& request, const fs::path& folder) {
  INFERAD_TRY_STATUS(check_request(request));
  INFERAD_TRY_STATUS(check_input(request));
  INFERAD_TRY(const auto scale, scale_for(request.voxels.derived, hounsfield(request)));
  const auto series = series_identity(request);
  std::vector<DerivedFile> files;
  for (int slice = 0; slice < request.image->geometry.slices; ++slice) {
    const auto identity = image_identity(series, slice);
    DcmFileFormat object;
    ItemWriter out(*object.getDataset(), request.source.utf8());
    write_image(out, request, identity, slice, scale);
    const auto name = fmt::format("derived-{:04}.dcm", slice + 1);
    INFERAD_TRY_STATUS(
        write_checked(object, folder / name, [&](const auto& part) { return check_derived(request, slice, part); }));
    files.push_back({name, {identity.sop_class_uid, identity.sop_instance_uid, identity.series_uid}});
  }
  return files;
}

}  // namespace inferad::results
