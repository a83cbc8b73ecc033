// SPDX-License-Identifier: Apache-2.0
// The second look at a SEG: reads the file, trusts nothing of how it was built.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "pipelines/results/bits.h"
#include "pipelines/results/item_writer.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/seg.h"
#include "pipelines/results/seg_file.h"
#include "pipelines/results/seg_form.h"

namespace inferad::results {

namespace {

// Type 1 in PS3.3 A.51 and its modules: present, with a value.
const std::vector<DcmTagKey> kRequired = {DCM_ImageType,
                                          DCM_SamplesPerPixel,
                                          DCM_PhotometricInterpretation,
                                          DCM_NumberOfFrames,
                                          DCM_Rows,
                                          DCM_Columns,
                                          DCM_BitsAllocated,
                                          DCM_BitsStored,
                                          DCM_HighBit,
                                          DCM_PixelRepresentation,
                                          DCM_LossyImageCompression,
                                          DCM_SegmentationType,
                                          DCM_ContentLabel,
                                          DCM_DimensionOrganizationSequence,
                                          DCM_DimensionIndexSequence,
                                          DCM_ReferencedSeriesSequence,
                                          DCM_SegmentSequence,
                                          DCM_SharedFunctionalGroupsSequence,
                                          DCM_PerFrameFunctionalGroupsSequence,
                                          DCM_PixelData};
// Type 2: present.
const std::vector<DcmTagKey> kPresent = {DCM_ContentDescription, DCM_ContentCreatorName};

Error wrong(std::string_view what) { return {Errc::model, fmt::format("SEG check: {}", what)}; }

Status check_segment(const SegmentInFile& ours, const findings::Segment& segment) {
  const auto same = [](const findings::CodedConcept& a, const findings::CodedConcept& b) {
    return a.value == b.value && a.scheme == b.scheme && !a.meaning.empty();
  };
  if (ours.number != segment.number || ours.label.empty()) return wrong("a segment has another number or no label");
  if (!same(ours.category, segment.category) || !same(ours.type, segment.type) ||
      ours.modifier.has_value() != segment.laterality.has_value() ||
      (ours.modifier && !same(*ours.modifier, *segment.laterality)))
    return wrong(fmt::format("the codes of segment {} are not complete", segment.number));
  if (ours.tracking_uid != segment.tracking_uid || ours.tracking_id.empty())
    return wrong(fmt::format("segment {} is tracked by another UID", segment.number));
  return ok();
}

Status check_segments(const ResultRequest& request, const SegFile& seg) {
  const auto& segments = request.findings.segments;
  const std::size_t background = seg.type() == "LABELMAP" ? 1 : 0;
  if (seg.segments().size() != segments.size() + background) return wrong("number of segments is wrong");
  for (std::size_t i = 0; i < segments.size(); ++i)
    INFERAD_TRY_STATUS(check_segment(seg.segments()[i + background], segments[i]));
  return ok();
}

class VoxelCheck {
 public:
  VoxelCheck(const ResultRequest& request, const SegForm& form, const SegFile& seg)
      : request_(request), form_(form), seg_(seg), expected_(seg.frame_voxels()) {}

  // Every frame equals its slice of what it was made from, no frame is there twice, and none is missing.
  Status run() {
    INFERAD_TRY_STATUS(find_places());
    for (const auto& frame : frames_of(request_, form_))
      if (!indices_.contains({frame.slice, frame.segment})) return wrong("a part of the mask is in no frame");
    for (const auto& [place, index] : indices_)  // slice by slice: each comes into the cache once
      if (!equals(index, {place.second, place.first}))
        return wrong(fmt::format("frame {} differs from the mask", index + 1));
    return ok();
  }

 private:
  Status find_places() {
    const FrameSources sources(*request_.image);
    for (std::size_t i = 0; i < seg_.frames().size(); ++i) {
      const auto& frame = seg_.frames()[i];
      const auto slice = sources.slice(frame, seg_.referenced());
      if (!slice) return wrong(fmt::format("frame {} refers to no source image", i + 1));
      if (!sources.in_place(frame, *slice)) return wrong(fmt::format("frame {} lies elsewhere than its source", i + 1));
      if (!indices_.emplace(std::pair{*slice, frame.segment}, i).second)
        return wrong(fmt::format("frame {} is there twice", i + 1));
    }
    return ok();
  }

  bool equals(std::size_t index, const GridFrame& place) {
    if (seg_.bits() == 1)
      return frame_equals(seg_.pixels(), index, slice_of(*request_.labels, place.slice), place.segment);
    frame_bytes(request_, form_, place, expected_);
    const auto found = seg_.pixels().subspan(index * expected_.size(), expected_.size());
    return std::equal(expected_.begin(), expected_.end(), found.begin());
  }

  const ResultRequest& request_;
  const SegForm& form_;
  const SegFile& seg_;
  std::vector<std::uint8_t> expected_;
  std::map<std::pair<int, int>, std::size_t> indices_;  // of frames, by slice and segment
};

Status check(const ResultRequest& request, ResultKind kind, const std::filesystem::path& path) {
  if (!request.image || !request.labels) return wrong("there is no mask to compare with");
  auto read = SegFile::read(path);
  if (!read) return wrong(read.error().what);
  const auto& seg = *read;
  const auto form = seg_form(request, kind);
  INFERAD_TRY_STATUS(check_common(seg.data(), "SEG check"));
  INFERAD_TRY_STATUS(check_attributes(seg.data(), kRequired, kPresent, "SEG check"));
  if (!request.image->projection)
    INFERAD_TRY_STATUS(
        check_attributes(seg.data(), {DCM_FrameOfReferenceUID}, {DCM_PositionReferenceIndicator}, "SEG check"));
  if (text_of(seg.data(), DCM_SOPClassUID) != facts_of(kind).sop_class_uid || seg.type() != form.type)
    return wrong("it is another kind of segmentation");
  if (text_of(seg.data(), DCM_SegmentationFractionalType) != form.fraction)
    return wrong("Segmentation Fractional Type is wrong");
  if (seg.rows() != request.labels->rows || seg.columns() != request.labels->columns)
    return wrong("it has another size than the mask");
  INFERAD_TRY_STATUS(check_segments(request, seg));
  return VoxelCheck(request, form, seg).run();
}

}  // namespace

Status check_seg(const ResultRequest& request, const std::filesystem::path& path) {
  return check(request, ResultKind::seg, path);
}

Status check_seg_fractional(const ResultRequest& request, const std::filesystem::path& path) {
  return check(request, ResultKind::seg_fractional, path);
}

Status check_seg_labelmap(const ResultRequest& request, const std::filesystem::path& path) {
  return check(request, ResultKind::seg_labelmap, path);
}

}  // namespace inferad::results
