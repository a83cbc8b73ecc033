// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/grid_frames.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "pipelines/findings/uids.h"
#include "pipelines/results/text.h"

namespace inferad::results {

namespace {

using findings::CodedConcept;

constexpr double kPositionToleranceMm = 0.01;

const CodedConcept kSourceImage{"121322", "DCM", "Source image for image processing operation"};

// The text of the source file where it has one, so that positions compare equal to the last digit.
std::string position_text(const ResultRequest& request, const findings::SourceSlice& slice) {
  const auto* image = request.source.find(slice.file);
  if (image && !image->position.empty() && !request.image->projection) return image->position;
  if (!request.image->projection) return decimals({slice.position[0], slice.position[1], slice.position[2]});
  const auto k = static_cast<double>(&slice - request.image->sources.data());  // frames lie behind each other
  return decimals({0, 0, k * request.image->geometry.spacing[2]});
}

// Instances that more than one slice comes from.
std::set<std::string> multi_frame_instances(const std::vector<findings::SourceSlice>& slices) {
  std::set<std::string> seen, several;
  for (const auto& slice : slices)
    if (!seen.insert(slice.sop_instance_uid).second || slice.frame > 1) several.insert(slice.sop_instance_uid);
  return several;
}

// Ranks of what occurs among the frames, from 1: Dimension Index Values.
std::map<int, std::uint32_t> ranks(const std::vector<GridFrame>& frames, int GridFrame::*what) {
  std::map<int, std::uint32_t> result;
  for (const auto& frame : frames) result[frame.*what] = 0;
  std::uint32_t rank = 0;
  for (auto& entry : result) entry.second = ++rank;
  return result;
}

// The image that a slice was taken from, with its frame when it has several.
void write_source(ItemWriter& out, const findings::SourceSlice& slice, const std::set<std::string>& multi_frame) {
  out.value(DCM_ReferencedSOPClassUID, slice.sop_class_uid);
  out.value(DCM_ReferencedSOPInstanceUID, slice.sop_instance_uid);
  if (multi_frame.contains(slice.sop_instance_uid)) out.value(DCM_ReferencedFrameNumber, std::to_string(slice.frame));
  out.code(DCM_PurposeOfReferenceCodeSequence, kSourceImage);
}

void write_thickness_and_spacing(ItemWriter& out, const ResultRequest& request, bool planes) {
  const auto& geometry = request.image->geometry;
  const auto& from = request.source.reference();
  if (has_value(from, DCM_SliceThickness))
    out.copy(from, DCM_SliceThickness);
  else if (planes)
    out.value(DCM_SliceThickness, decimals({geometry.spacing[2]}));
  if (has_value(from, DCM_PixelSpacing))
    out.copy(from, DCM_PixelSpacing);
  else
    out.value(DCM_PixelSpacing, decimals({geometry.spacing[1], geometry.spacing[0]}));
}

void write_orientation(ItemWriter& out, const ResultRequest& request) {
  const auto& from = request.source.reference();
  const auto& column = request.image->geometry.column_direction;
  const auto& row = request.image->geometry.row_direction;
  if (has_value(from, DCM_ImageOrientationPatient))
    out.copy(from, DCM_ImageOrientationPatient);
  else
    out.value(DCM_ImageOrientationPatient, decimals({column[0], column[1], column[2], row[0], row[1], row[2]}));
}

class FrameItems {
 public:
  FrameItems(const ResultRequest& request, const std::vector<GridFrame>& frames, const CodedConcept& derivation,
             bool planes)
      : request_(request),
        derivation_(derivation),
        planes_(planes),
        segments_(ranks(frames, &GridFrame::segment)),
        slices_(ranks(frames, &GridFrame::slice)),
        multi_frame_(multi_frame_instances(request.image->sources)) {}

  void write(ItemWriter& out, const GridFrame& frame) const {
    const auto& slice = request_.image->sources[static_cast<std::size_t>(frame.slice)];
    auto group = out.item(DCM_PerFrameFunctionalGroupsSequence);
    write_content(group, frame);
    if (planes_) group.item(DCM_PlanePositionSequence).value(DCM_ImagePositionPatient, position_text(request_, slice));
    if (frame.segment > 0)
      group.item(DCM_SegmentIdentificationSequence)
          .number(DCM_ReferencedSegmentNumber, static_cast<std::uint16_t>(frame.segment));
    auto derivation = group.item(DCM_DerivationImageSequence);
    derivation.code(DCM_DerivationCodeSequence, derivation_);
    auto image = derivation.item(DCM_SourceImageSequence);
    write_source(image, slice, multi_frame_);
    image.value(DCM_SpatialLocationsPreserved, "YES");
  }

 private:
  void write_content(ItemWriter& group, const GridFrame& frame) const {
    std::vector<std::uint32_t> indices;
    if (frame.segment > 0) indices.push_back(segments_.at(frame.segment));
    indices.push_back(slices_.at(frame.slice));
    auto content = group.item(DCM_FrameContentSequence);
    content.numbers(DCM_DimensionIndexValues, indices);
    if (planes_) return;
    content.value(DCM_StackID, "1")
        .numbers(DCM_InStackPositionNumber, std::vector{static_cast<std::uint32_t>(frame.slice) + 1});
  }

  const ResultRequest& request_;
  const CodedConcept& derivation_;
  bool planes_;
  std::map<int, std::uint32_t> segments_, slices_;
  std::set<std::string> multi_frame_;
};

}  // namespace

std::string decimals(std::initializer_list<double> values) {
  std::string text;
  for (const double value : values) {
    if (!text.empty()) text += '\\';
    text += decimal_string(value).text;
  }
  return text;
}

std::string content_label(std::string_view name, std::string_view fallback) {
  std::string label;
  for (const char c : name.substr(0, 16))
    label += std::isalnum(static_cast<unsigned char>(c))
                 ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                 : '_';
  return label.empty() ? std::string(fallback) : label;
}

Status check_sources(const ResultRequest& request) {
  const auto& first = *request.source.find(request.image->sources.front().file);
  for (const auto& slice : request.image->sources) {
    const auto& image = *request.source.find(slice.file);
    if (image.frame_of_reference_uid != first.frame_of_reference_uid)
      return Error{Errc::invalid_input, "the images have different frames of reference"};
    if (image.position.empty() || request.image->projection) continue;
    std::istringstream parts(image.position);
    std::string part;
    for (std::size_t i = 0; i < 3 && std::getline(parts, part, '\\'); ++i)
      if (std::abs(std::strtod(part.c_str(), nullptr) - slice.position[i]) > kPositionToleranceMm)
        return Error{Errc::invalid_input, "a slice position differs from its file"};
  }
  return ok();
}

void write_frame_of_reference(ItemWriter& out, const ResultRequest& request, bool planes) {
  const auto& from = request.source.reference();
  const bool detector = planes && request.image->projection;
  if (has_value(from, DCM_FrameOfReferenceUID) && !detector)
    out.copy(from, DCM_FrameOfReferenceUID);
  else
    out.value(DCM_FrameOfReferenceUID, findings::frame_of_reference_uid(request.findings.series_uid));
  out.copy_or_empty(from, DCM_PositionReferenceIndicator);
}

void write_frame_size(ItemWriter& out, const ResultRequest& request, std::size_t frames) {
  out.value(DCM_NumberOfFrames, std::to_string(frames));
  out.number(DCM_Rows, static_cast<std::uint16_t>(request.image->geometry.rows));
  out.number(DCM_Columns, static_cast<std::uint16_t>(request.image->geometry.columns));
}

void write_lossy_history(ItemWriter& out, const ResultRequest& request) {
  const auto& from = request.source.reference();
  if (text_of(from, DCM_LossyImageCompression) == "01") {
    for (const auto& tag : {DCM_LossyImageCompression, DCM_LossyImageCompressionRatio, DCM_LossyImageCompressionMethod})
      out.copy(from, tag);
  } else {
    out.value(DCM_LossyImageCompression, "00");
  }
}

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

void write_dimensions(ItemWriter& out, std::string_view organization_uid, bool segments, bool planes) {
  out.item(DCM_DimensionOrganizationSequence).value(DCM_DimensionOrganizationUID, organization_uid);
  const auto index = [&](const DcmTagKey& pointer, const DcmTagKey& group, std::string_view label) {
    auto item = out.item(DCM_DimensionIndexSequence);
    item.value(DCM_DimensionOrganizationUID, organization_uid).line(DCM_DimensionDescriptionLabel, label);
    INFERAD_CHECK(item.item().putAndInsertTagKey(DCM_DimensionIndexPointer, pointer).good());
    INFERAD_CHECK(item.item().putAndInsertTagKey(DCM_FunctionalGroupPointer, group).good());
  };
  if (segments) index(DCM_ReferencedSegmentNumber, DCM_SegmentIdentificationSequence, "Segment");
  if (planes)
    index(DCM_ImagePositionPatient, DCM_PlanePositionSequence, "Position");
  else
    index(DCM_InStackPositionNumber, DCM_FrameContentSequence, "Frame");
}

void write_shared_geometry(ItemWriter& shared, const ResultRequest& request, bool planes) {
  auto measures = shared.item(DCM_PixelMeasuresSequence);
  write_thickness_and_spacing(measures, request, planes);
  if (planes) measures.value(DCM_SpacingBetweenSlices, decimals({request.image->geometry.spacing[2]}));
  if (!planes) return;
  auto orientation = shared.item(DCM_PlaneOrientationSequence);
  write_orientation(orientation, request);
}

void write_image_plane(ItemWriter& out, const ResultRequest& request, int slice) {
  write_thickness_and_spacing(out, request, true);
  write_orientation(out, request);
  out.value(DCM_ImagePositionPatient, position_text(request, request.image->sources[static_cast<std::size_t>(slice)]));
}

void write_frame_sources(ItemWriter& out, const std::vector<findings::SourceSlice>& sources,
                         const std::vector<int>& slices) {
  const auto multi_frame = multi_frame_instances(sources);
  for (const int slice : slices) {
    auto item = out.item(DCM_SourceImageSequence);
    write_source(item, sources[static_cast<std::size_t>(slice)], multi_frame);
  }
}

void write_frames(ItemWriter& out, const ResultRequest& request, const std::vector<GridFrame>& frames,
                  const CodedConcept& derivation, bool planes) {
  const FrameItems items(request, frames, derivation, planes);
  for (const auto& frame : frames) items.write(out, frame);
}

}  // namespace inferad::results
