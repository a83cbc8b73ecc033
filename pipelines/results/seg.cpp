// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/seg.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <functional>

#include "pipelines/results/grid_frames.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/part10.h"
#include "pipelines/results/seg_form.h"
#include "pipelines/results/seg_segments.h"

namespace inferad::results {

namespace {

using findings::CodedConcept;

constexpr std::uint64_t kPixelBytesMax = 0xFFFFFFFE;  // PS3.5 7.1.1: the length field of native pixel data

const CodedConcept kSegmentation{"113076", "DCM", "Segmentation"};

void write_image_modules(ItemWriter& out, const ResultRequest& request, const SegForm& form, std::size_t frames) {
  out.value(DCM_ImageType, "DERIVED\\PRIMARY");
  out.number(DCM_SamplesPerPixel, std::uint16_t{1}).value(DCM_PhotometricInterpretation, "MONOCHROME2");
  write_frame_size(out, request, frames);
  const auto bits = static_cast<std::uint16_t>(form.bits);
  out.number(DCM_BitsAllocated, bits).number(DCM_BitsStored, bits);
  out.number(DCM_HighBit, static_cast<std::uint16_t>(bits - 1)).number(DCM_PixelRepresentation, std::uint16_t{0});
  write_lossy_history(out, request);
  out.value(DCM_SegmentationType, form.type);
  if (form.kind == ResultKind::seg_fractional) {
    out.value(DCM_SegmentationFractionalType, form.fraction);
    out.number(DCM_MaximumFractionalValue, std::uint16_t{kFractionMax});
  }
  if (form.kind == ResultKind::seg_labelmap) out.number(DCM_PixelPaddingValue, std::uint16_t{0});
  out.value(DCM_SegmentsOverlap, form.probable ? "UNDEFINED" : "NO");
  out.value(DCM_ContentLabel, content_label(request.findings.pipeline, "SEGMENTATION"));
  std::string labels;
  for (const auto& segment : request.findings.segments) labels += (labels.empty() ? "" : ", ") + segment.label;
  out.line(DCM_ContentDescription, labels).empty(DCM_ContentCreatorName);
}

void write_pixels(ItemWriter& out, const ResultRequest& request, const SegForm& form,
                  const std::vector<GridFrame>& frames) {
  const auto voxels = slice_of(*request.labels, 0).size();
  if (form.bits == 1) {
    pack_frames(*request.labels, frames, out.pixel_bytes(packed_bytes(frames.size(), voxels)));
    return;
  }
  const auto bytes = out.pixel_bytes((frames.size() * voxels + 1) / 2 * 2);
  for (std::size_t i = 0; i < frames.size(); ++i)
    frame_bytes(request, form, frames[i], bytes.subspan(i * voxels, voxels));
}

Status check_size(const ResultRequest& request, const SegForm& form, std::size_t frames) {
  if (frames == 0 && form.probable) return Error{Errc::model, "every probability is 0: no segmentation can be written"};
  if (frames == 0) return Error{Errc::invalid_input, "the mask is empty: no segmentation can be written"};
  if (slice_of(*request.labels, 0).size() * frames * static_cast<std::size_t>(form.bits) / 8 <= kPixelBytesMax)
    return ok();
  return Error{Errc::invalid_input, "the mask is too large for one segmentation object"};
}

Status check_probabilities(const ResultRequest& request) {
  const auto& all = request.voxels.probabilities;
  if (all.empty()) return ok();
  if (all.size() != request.findings.segments.size())
    return Error{Errc::invalid_input, "there is not one map of probabilities for each segment"};
  for (const auto& one : all)
    if (one.size() != request.labels->labels.size())
      return Error{Errc::invalid_input, "probabilities and image differ in size"};
  return ok();
}

void write_data_set(ItemWriter& out, const ResultRequest& request, const SegForm& form, const ObjectIdentity& identity,
                    const std::vector<GridFrame>& frames) {
  write_pixel_common(out, request, identity);
  out.copy_valid(request.source.reference(), DCM_BodyPartExamined);
  // A projection image lies in no frame of reference unless it names one (PS3.3 A.51.3: condition of the module).
  const bool planes = !request.image->projection;
  if (planes || has_value(request.source.reference(), DCM_FrameOfReferenceUID))
    write_frame_of_reference(out, request, planes);
  if (!planes) out.empty(DCM_PatientOrientation);
  write_image_modules(out, request, form, frames.size());
  write_segments(out, request, form);
  write_references(out, request);
  write_dimensions(out, identity.dimensions_uid, form.kind != ResultKind::seg_labelmap, planes);
  auto shared = out.item(DCM_SharedFunctionalGroupsSequence);
  write_shared_geometry(shared, request, planes);
  write_frames(out, request, frames, kSegmentation, planes);
  write_pixels(out, request, form, frames);
}

using Check = Status (*)(const ResultRequest&, const std::filesystem::path&);

Result<WrittenObject> write(const ResultRequest& request, ResultKind kind, const std::filesystem::path& path,
                            Check check) {
  INFERAD_TRY_STATUS(check_request(request));
  if (!request.labels) return Error{Errc::invalid_input, "there is no mask"};
  INFERAD_TRY_STATUS(check_sources(request));
  INFERAD_TRY_STATUS(check_probabilities(request));
  const auto form = seg_form(request, kind);
  const auto frames = frames_of(request, form);
  INFERAD_TRY_STATUS(check_size(request, form, frames.size()));
  const auto identity = identity_of(request, kind, request.options.full_masks ? "full" : "");
  DcmFileFormat object;
  ItemWriter out(*object.getDataset(), request.source.utf8());
  write_data_set(out, request, form, identity, frames);
  INFERAD_TRY_STATUS(write_checked(object, path, [&](const auto& part) { return check(request, part); }));
  return WrittenObject{identity.sop_class_uid, identity.sop_instance_uid, identity.series_uid};
}

}  // namespace

bool has_voxels(const ResultRequest& request) {
  if (!request.labels) return false;
  const auto count = request.findings.segments.size();
  return std::any_of(request.labels->labels.begin(), request.labels->labels.end(),
                     [count](std::uint8_t label) { return label > 0 && label <= count; });
}

Result<WrittenObject> write_seg(const ResultRequest& request, const std::filesystem::path& path) {
  return write(request, ResultKind::seg, path, check_seg);
}

Result<WrittenObject> write_seg_fractional(const ResultRequest& request, const std::filesystem::path& path) {
  return write(request, ResultKind::seg_fractional, path, check_seg_fractional);
}

Result<WrittenObject> write_seg_labelmap(const ResultRequest& request, const std::filesystem::path& path) {
  return write(request, ResultKind::seg_labelmap, path, check_seg_labelmap);
}

}  // namespace inferad::results
