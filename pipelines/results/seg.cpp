// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/seg.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "pipelines/results/bits.h"
#include "pipelines/results/cielab.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/part10.h"
#include "pipelines/results/text.h"

namespace inferad::results {

namespace {

using findings::CodedConcept;
using findings::Segment;

constexpr std::uint64_t kPixelBytesMax = 0xFFFFFFFE;  // PS3.5 7.1.1: the length field of native pixel data
constexpr double kPositionToleranceMm = 0.01;

const CodedConcept kSegmentation{"113076", "DCM", "Segmentation"};
const CodedConcept kSourceImage{"121322", "DCM", "Source image for image processing operation"};
const CodedConcept kArtificialIntelligence{"123110", "DCM", "Artificial Intelligence"};

std::string decimals(std::initializer_list<double> values) {
  std::string text;
  for (const double value : values) {
    if (!text.empty()) text += '\\';
    text += decimal_string(value).text;
  }
  return text;
}

// PS3.3 C.10.10: Content Label is a CS.
std::string content_label(std::string_view pipeline) {
  std::string label;
  for (const char c : pipeline.substr(0, 16))
    label += std::isalnum(static_cast<unsigned char>(c))
                 ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                 : '_';
  return label.empty() ? "SEGMENTATION" : label;
}

void write_image_modules(ItemWriter& out, const ResultRequest& request, std::size_t frames) {
  const auto& geometry = request.image->geometry;
  const auto& from = request.source.reference();
  out.value(DCM_ImageType, "DERIVED\\PRIMARY");
  out.number(DCM_SamplesPerPixel, std::uint16_t{1}).value(DCM_PhotometricInterpretation, "MONOCHROME2");
  out.value(DCM_NumberOfFrames, std::to_string(frames));
  out.number(DCM_Rows, static_cast<std::uint16_t>(geometry.rows));
  out.number(DCM_Columns, static_cast<std::uint16_t>(geometry.columns));
  out.number(DCM_BitsAllocated, std::uint16_t{1}).number(DCM_BitsStored, std::uint16_t{1});
  out.number(DCM_HighBit, std::uint16_t{0}).number(DCM_PixelRepresentation, std::uint16_t{0});
  if (text_of(from, DCM_LossyImageCompression) == "01") {
    for (const auto& tag : {DCM_LossyImageCompression, DCM_LossyImageCompressionRatio, DCM_LossyImageCompressionMethod})
      out.copy(from, tag);
  } else {
    out.value(DCM_LossyImageCompression, "00");
  }
  out.value(DCM_SegmentationType, "BINARY").value(DCM_SegmentsOverlap, "NO");
  out.value(DCM_ContentLabel, content_label(request.findings.pipeline));
  std::string labels;
  for (const auto& segment : request.findings.segments) {
    if (!labels.empty()) labels += ", ";
    labels += segment.label;
  }
  out.line(DCM_ContentDescription, labels).empty(DCM_ContentCreatorName);
}

void write_segment(ItemWriter& out, const Segment& segment, const findings::Algorithm& algorithm) {
  auto item = out.item(DCM_SegmentSequence);
  item.number(DCM_SegmentNumber, static_cast<std::uint16_t>(segment.number)).line(DCM_SegmentLabel, segment.label);
  item.value(DCM_SegmentAlgorithmType, "AUTOMATIC").line(DCM_SegmentAlgorithmName, algorithm.name);
  item.code(DCM_SegmentedPropertyCategoryCodeSequence, segment.category);
  item.code(DCM_SegmentedPropertyTypeCodeSequence, segment.type);
  if (segment.laterality) {
    DcmItem* type = nullptr;
    INFERAD_CHECK(item.item().findAndGetSequenceItem(DCM_SegmentedPropertyTypeCodeSequence, type).good());
    ItemWriter(*type, out.utf8()).code(DCM_SegmentedPropertyTypeModifierCodeSequence, *segment.laterality);
  }
  auto identification = item.item(DCM_SegmentationAlgorithmIdentificationSequence);
  identification.code(DCM_AlgorithmFamilyCodeSequence, kArtificialIntelligence);
  identification.line(DCM_AlgorithmName, algorithm.name).line(DCM_AlgorithmVersion, algorithm.version);
  if (!algorithm.parameters.empty()) identification.paragraph(DCM_AlgorithmParameters, algorithm.parameters);
  identification.line(DCM_AlgorithmSource, algorithm.manufacturer.empty() ? kManufacturer : algorithm.manufacturer);
  item.line(DCM_TrackingID, segment.tracking_id).value(DCM_TrackingUID, segment.tracking_uid);
  const auto lab = cielab(segment.rgb);
  item.numbers(DCM_RecommendedDisplayCIELabValue, std::vector<std::uint16_t>(lab.begin(), lab.end()));
}

void write_dimensions(ItemWriter& out, const ResultRequest& request) {
  const auto uid = findings::dimension_organization_uid(execution_of(request));
  out.item(DCM_DimensionOrganizationSequence).value(DCM_DimensionOrganizationUID, uid);
  const auto index = [&](const DcmTagKey& pointer, const DcmTagKey& group, std::string_view label) {
    auto item = out.item(DCM_DimensionIndexSequence);
    item.value(DCM_DimensionOrganizationUID, uid).line(DCM_DimensionDescriptionLabel, label);
    INFERAD_CHECK(item.item().putAndInsertTagKey(DCM_DimensionIndexPointer, pointer).good());
    INFERAD_CHECK(item.item().putAndInsertTagKey(DCM_FunctionalGroupPointer, group).good());
  };
  index(DCM_ReferencedSegmentNumber, DCM_SegmentIdentificationSequence, "Segment");
  index(DCM_ImagePositionPatient, DCM_PlanePositionSequence, "Position");
}

void write_shared_groups(ItemWriter& out, const ResultRequest& request) {
  const auto& geometry = request.image->geometry;
  const auto& from = request.source.reference();
  auto shared = out.item(DCM_SharedFunctionalGroupsSequence);
  auto measures = shared.item(DCM_PixelMeasuresSequence);
  if (has_value(from, DCM_SliceThickness))
    measures.copy(from, DCM_SliceThickness);
  else
    measures.value(DCM_SliceThickness, decimals({geometry.spacing[2]}));
  measures.value(DCM_SpacingBetweenSlices, decimals({geometry.spacing[2]}));
  if (has_value(from, DCM_PixelSpacing))
    measures.copy(from, DCM_PixelSpacing);
  else
    measures.value(DCM_PixelSpacing, decimals({geometry.spacing[1], geometry.spacing[0]}));
  auto orientation = shared.item(DCM_PlaneOrientationSequence);
  const auto& column = geometry.column_direction;
  const auto& row = geometry.row_direction;
  if (has_value(from, DCM_ImageOrientationPatient))
    orientation.copy(from, DCM_ImageOrientationPatient);
  else
    orientation.value(DCM_ImageOrientationPatient, decimals({column[0], column[1], column[2], row[0], row[1], row[2]}));
}

// The text of the source file where it has one, so that positions compare equal to the last digit.
std::string position_text(const ResultRequest& request, const findings::SourceSlice& slice) {
  const auto* image = request.source.find(slice.file);
  if (image && !image->position.empty()) return image->position;
  return decimals({slice.position[0], slice.position[1], slice.position[2]});
}

struct FrameIndex {
  std::uint32_t segment, position;  // Dimension Index Values, from 1
};

void write_frame(ItemWriter& out, const ResultRequest& request, const MaskFrame& frame, const FrameIndex& index,
                 const std::set<std::string>& multi_frame) {
  const auto& slice = request.image->sources[static_cast<std::size_t>(frame.slice)];
  auto group = out.item(DCM_PerFrameFunctionalGroupsSequence);
  group.item(DCM_FrameContentSequence)
      .numbers(DCM_DimensionIndexValues, std::vector<std::uint32_t>{index.segment, index.position});
  group.item(DCM_PlanePositionSequence).value(DCM_ImagePositionPatient, position_text(request, slice));
  group.item(DCM_SegmentIdentificationSequence)
      .number(DCM_ReferencedSegmentNumber, static_cast<std::uint16_t>(frame.segment));
  auto derivation = group.item(DCM_DerivationImageSequence);
  derivation.code(DCM_DerivationCodeSequence, kSegmentation);
  auto image = derivation.item(DCM_SourceImageSequence);
  image.value(DCM_ReferencedSOPClassUID, slice.sop_class_uid);
  image.value(DCM_ReferencedSOPInstanceUID, slice.sop_instance_uid);
  if (multi_frame.contains(slice.sop_instance_uid)) image.value(DCM_ReferencedFrameNumber, std::to_string(slice.frame));
  image.code(DCM_PurposeOfReferenceCodeSequence, kSourceImage);
  image.value(DCM_SpatialLocationsPreserved, "YES");
}

// Instances that more than one slice comes from.
std::set<std::string> multi_frame_instances(const std::vector<findings::SourceSlice>& slices) {
  std::set<std::string> seen, several;
  for (const auto& slice : slices)
    if (!seen.insert(slice.sop_instance_uid).second || slice.frame > 1) several.insert(slice.sop_instance_uid);
  return several;
}

void write_frames(ItemWriter& out, const ResultRequest& request, const std::vector<MaskFrame>& frames) {
  std::map<int, std::uint32_t> segments, slices;  // → rank among those that occur, from 1
  for (const auto& frame : frames) {
    segments[frame.segment] = 0;
    slices[frame.slice] = 0;
  }
  for (auto* ranks : {&segments, &slices}) {
    std::uint32_t rank = 0;
    for (auto& entry : *ranks) entry.second = ++rank;
  }
  const auto multi_frame = multi_frame_instances(request.image->sources);
  for (const auto& frame : frames)
    write_frame(out, request, frame, {segments[frame.segment], slices[frame.slice]}, multi_frame);
}

// Common Instance Reference: every image the mask was made from, grouped by series.
void write_references(ItemWriter& out, const ResultRequest& request) {
  std::map<std::string, std::vector<const findings::SourceSlice*>> series;
  std::set<std::string> seen;
  for (const auto& slice : request.image->sources)
    if (seen.insert(slice.sop_instance_uid).second)
      series[request.source.find(slice.file)->series_uid].push_back(&slice);
  for (const auto& [uid, slices] : series) {
    auto item = out.item(DCM_ReferencedSeriesSequence);
    item.value(DCM_SeriesInstanceUID, uid);
    for (const auto* slice : slices)
      item.reference(DCM_ReferencedInstanceSequence, slice->sop_class_uid, slice->sop_instance_uid);
  }
}

// Never a new frame of reference when the source has one; without one (old or broken images) one per source series.
void write_frame_of_reference(ItemWriter& out, const ResultRequest& request) {
  const auto& from = request.source.reference();
  if (has_value(from, DCM_FrameOfReferenceUID))
    out.copy(from, DCM_FrameOfReferenceUID);
  else
    out.value(DCM_FrameOfReferenceUID, findings::frame_of_reference_uid(request.findings.series_uid));
  out.copy_or_empty(from, DCM_PositionReferenceIndicator);
}

Status check_sources(const ResultRequest& request) {
  const auto& first = *request.source.find(request.image->sources.front().file);
  for (const auto& slice : request.image->sources) {
    const auto& image = *request.source.find(slice.file);
    if (image.frame_of_reference_uid != first.frame_of_reference_uid)
      return Error{Errc::invalid_input, "the images have different frames of reference"};
    if (image.position.empty()) continue;
    std::istringstream parts(image.position);
    std::string part;
    for (std::size_t i = 0; i < 3 && std::getline(parts, part, '\\'); ++i)
      if (std::abs(std::strtod(part.c_str(), nullptr) - slice.position[i]) > kPositionToleranceMm)
        return Error{Errc::invalid_input, "a slice position differs from its file"};
  }
  return ok();
}

Status check_size(const ResultRequest& request) {
  const std::uint64_t bits = request.labels->labels.size() * request.findings.segments.size();
  if (bits / 8 <= kPixelBytesMax) return ok();
  return Error{Errc::invalid_input, "the mask is too large for one segmentation object"};
}

}  // namespace

bool has_voxels(const ResultRequest& request) {
  if (!request.labels) return false;
  const auto count = request.findings.segments.size();
  return std::any_of(request.labels->labels.begin(), request.labels->labels.end(),
                     [count](std::uint8_t label) { return label > 0 && label <= count; });
}

Result<WrittenObject> write_seg(const ResultRequest& request, const std::filesystem::path& path) {
  INFERAD_TRY_STATUS(check_request(request));
  if (!request.labels) return Error{Errc::invalid_input, "there is no mask"};
  INFERAD_TRY_STATUS(check_sources(request));
  INFERAD_TRY_STATUS(check_size(request));
  const auto mask = pack_mask(*request.labels, static_cast<int>(request.findings.segments.size()));
  if (mask.frames.empty()) return Error{Errc::invalid_input, "the mask is empty: no segmentation can be written"};

  const auto identity = identity_of(request, ResultKind::seg);
  DcmFileFormat object;
  ItemWriter out(*object.getDataset(), request.source.utf8());
  write_sop_common(out, request, identity);
  write_patient_and_study(out, request.source);
  write_series(out, request, identity);
  write_equipment(out, request);
  write_algorithm_contribution(out, request.findings.algorithm);
  write_acquisition_contribution(out, request.source);
  out.copy_valid(request.source.reference(), DCM_BodyPartExamined);
  write_frame_of_reference(out, request);
  write_image_modules(out, request, mask.frames.size());
  for (const auto& segment : request.findings.segments) write_segment(out, segment, request.findings.algorithm);
  write_references(out, request);
  write_dimensions(out, request);
  write_shared_groups(out, request);
  write_frames(out, request, mask.frames);
  out.pixel_data(mask.bytes);
  INFERAD_TRY_STATUS(write_checked(object, path, [&](const auto& part) { return check_seg(request, part); }));
  return WrittenObject{identity.sop_class_uid, identity.sop_instance_uid, identity.series_uid};
}

}  // namespace inferad::results
