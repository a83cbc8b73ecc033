// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/pmap.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipelines/findings/codes.h"
#include "pipelines/results/grid_frames.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/part10.h"

namespace inferad::results {

namespace {

using findings::CodedConcept;

constexpr std::uint64_t kPixelBytesMax = 0xFFFFFFFE;  // PS3.5 7.1.1: the length field of native pixel data

const CodedConcept kImageProcessing{"110001", "DCM", "Image Processing"};
const CodedConcept kQuantity{"246205007", "SCT", "Quantity"};
const CodedConcept kSaliency{"130404", "DCM", "Saliency"};  // CID 218

std::size_t frame_voxels(const ResultRequest& request) {
  return static_cast<std::size_t>(request.image->geometry.columns) *
         static_cast<std::size_t>(request.image->geometry.rows);
}

std::span<const float> values_of(const ResultRequest& request, const GridFrame& frame) {
  const auto size = frame_voxels(request);
  return request.voxels.heat.values.subspan(static_cast<std::size_t>(frame.slice) * size, size);
}

std::vector<GridFrame> frames_with_heat(const ResultRequest& request) {
  std::vector<GridFrame> frames;
  for (int slice = 0; slice < request.image->geometry.slices; ++slice) {
    const auto values = values_of(request, {0, slice});
    if (request.options.full_masks || std::any_of(values.begin(), values.end(), [](float value) { return value > 0; }))
      frames.push_back({0, slice});
  }
  return frames;
}

const char* image_type(const ResultRequest& request) {
  return request.image->projection ? "DERIVED\\PRIMARY\\STATIC\\QUANTITY" : "DERIVED\\PRIMARY\\VOLUME\\QUANTITY";
}

void write_image_modules(ItemWriter& out, const ResultRequest& request, std::size_t frames) {
  out.value(DCM_ImageType, image_type(request));
  out.value(DCM_ContentQualification, request.options.research ? "RESEARCH" : "PRODUCT");
  out.number(DCM_SamplesPerPixel, std::uint16_t{1}).value(DCM_PhotometricInterpretation, "MONOCHROME2");
  write_frame_size(out, request, frames);
  out.number(DCM_BitsAllocated, std::uint16_t{32});
  out.value(DCM_BurnedInAnnotation, "NO").value(DCM_RecognizableVisualFeatures, "NO");
  write_lossy_history(out, request);
  out.value(DCM_PresentationLUTShape, "IDENTITY");
  out.value(DCM_ContentLabel, content_label(request.findings.pipeline, "MAP"));
  out.line(DCM_ContentDescription, fmt::format("Share of the score for {}", request.voxels.heat.label));
  out.empty(DCM_ContentCreatorName).empty(DCM_AcquisitionContextSequence);
}

// PS3.3 C.7.6.16.2.11: a stored value is the share itself.
void write_meaning(ItemWriter& shared, const ResultRequest& request) {
  const auto& heat = request.voxels.heat;
  auto mapping = shared.item(DCM_RealWorldValueMappingSequence);
  mapping.number(DCM_DoubleFloatRealWorldValueFirstValueMapped, 0.0);
  mapping.number(DCM_DoubleFloatRealWorldValueLastValueMapped, heat.greatest);
  mapping.number(DCM_RealWorldValueIntercept, 0.0).number(DCM_RealWorldValueSlope, 1.0);
  mapping.line(DCM_LUTExplanation, fmt::format("Share of the score for {}", heat.label));
  mapping.value(DCM_LUTLabel, "SALIENCY").code(DCM_MeasurementUnitsCodeSequence, findings::codes::kNoUnits);
  auto quantity = mapping.item(DCM_QuantityDefinitionSequence);
  quantity.value(DCM_ValueType, "CODE").code(DCM_ConceptNameCodeSequence, kQuantity);
  quantity.code(DCM_ConceptCodeSequence, kSaliency);
}

void write_shared_groups(ItemWriter& out, const ResultRequest& request) {
  auto shared = out.item(DCM_SharedFunctionalGroupsSequence);
  write_shared_geometry(shared, request, true);
  auto identity = shared.item(DCM_PixelValueTransformationSequence);
  identity.value(DCM_RescaleIntercept, "0").value(DCM_RescaleSlope, "1").value(DCM_RescaleType, "US");
  auto window = shared.item(DCM_FrameVOILUTSequence);
  window.value(DCM_WindowCenter, decimals({request.voxels.heat.greatest / 2}));
  window.value(DCM_WindowWidth, decimals({request.voxels.heat.greatest})).value(DCM_VOILUTFunction, "LINEAR_EXACT");
  shared.item(DCM_ParametricMapFrameTypeSequence).value(DCM_FrameType, image_type(request));
  write_meaning(shared, request);
}

Status check_heat(const ResultRequest& request) {
  if (!has_heat(request)) return Error{Errc::invalid_input, "there is no heat map"};
  INFERAD_TRY_STATUS(check_image(request));
  const auto& heat = request.voxels.heat;
  if (heat.values.size() != request.image->geometry.voxels())
    return Error{Errc::invalid_input, "heat map and image differ in size"};
  if (!std::all_of(heat.values.begin(), heat.values.end(), [](float value) { return std::isfinite(value); }))
    return Error{Errc::invalid_input, "the heat map has values that are no numbers"};
  if (heat.values.size_bytes() > kPixelBytesMax)
    return Error{Errc::invalid_input, "the heat map is too large for one parametric map"};
  return check_sources(request);
}

}  // namespace

bool has_heat(const ResultRequest& request) {
  return request.image != nullptr && request.voxels.heat.greatest > 0 && !request.voxels.heat.values.empty();
}

Result<WrittenObject> write_pmap(const ResultRequest& request, const std::filesystem::path& path) {
  INFERAD_TRY_STATUS(check_request(request));
  INFERAD_TRY_STATUS(check_heat(request));
  const auto frames = frames_with_heat(request);
  if (frames.empty()) return Error{Errc::invalid_input, "the heat map is 0 everywhere"};
  const auto identity = identity_of(request, ResultKind::pmap, request.options.full_masks ? "full" : "");
  DcmFileFormat object;
  ItemWriter out(*object.getDataset(), request.source.utf8());
  write_pixel_common(out, request, identity);
  out.copy_valid(request.source.reference(), DCM_BodyPartExamined);
  write_frame_of_reference(out, request, true);
  write_image_modules(out, request, frames.size());
  write_references(out, request);
  write_dimensions(out, identity.dimensions_uid, false, true);
  write_shared_groups(out, request);
  write_frames(out, request, frames, kImageProcessing, true);
  const auto size = frame_voxels(request);
  const auto pixels = out.float_pixels(frames.size() * size);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto values = values_of(request, frames[i]);
    std::copy(values.begin(), values.end(), pixels.begin() + static_cast<std::ptrdiff_t>(i * size));
  }
  INFERAD_TRY_STATUS(write_checked(object, path, [&](const auto& part) { return check_pmap(request, part); }));
  return WrittenObject{identity.sop_class_uid, identity.sop_instance_uid, identity.series_uid};
}

}  // namespace inferad::results
