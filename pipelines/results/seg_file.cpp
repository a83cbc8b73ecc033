// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/seg_file.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>

#include "pipelines/results/bits.h"
#include "pipelines/results/item_writer.h"
#include "pipelines/results/object_check.h"

namespace inferad::results {

using findings::CodedConcept;

namespace {

Error invalid(std::string_view what) { return {Errc::invalid_input, fmt::format("segmentation: {}", what)}; }

int number_of(DcmItem& item, const DcmTagKey& tag) {
  Uint16 value = 0;
  return item.findAndGetUint16(tag, value).good() ? value : 0;
}

std::optional<CodedConcept> code_of(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* code = nullptr;
  if (item.findAndGetSequenceItem(sequence, code).bad()) return std::nullopt;
  auto value = text_of(*code, DCM_CodeValue);
  if (value.empty()) value = text_of(*code, DCM_LongCodeValue);
  return CodedConcept{value, text_of(*code, DCM_CodingSchemeDesignator), text_of(*code, DCM_CodeMeaning)};
}

SegmentInFile segment_of(DcmItem& item) {
  SegmentInFile segment;
  segment.number = number_of(item, DCM_SegmentNumber);
  segment.label = text_of(item, DCM_SegmentLabel);
  segment.category = code_of(item, DCM_SegmentedPropertyCategoryCodeSequence).value_or(CodedConcept{});
  segment.type = code_of(item, DCM_SegmentedPropertyTypeCodeSequence).value_or(CodedConcept{});
  DcmItem* type = nullptr;
  if (item.findAndGetSequenceItem(DCM_SegmentedPropertyTypeCodeSequence, type).good())
    segment.modifier = code_of(*type, DCM_SegmentedPropertyTypeModifierCodeSequence);
  segment.tracking_id = text_of(item, DCM_TrackingID);
  segment.tracking_uid = text_of(item, DCM_TrackingUID);
  return segment;
}

}  // namespace

struct SegFile::Impl {
  DcmFileFormat file;
};

SegFile::SegFile() : impl_(std::make_unique<Impl>()) {}
SegFile::SegFile(SegFile&&) noexcept = default;
SegFile& SegFile::operator=(SegFile&&) noexcept = default;
SegFile::~SegFile() = default;

DcmDataset& SegFile::data() const { return *impl_->file.getDataset(); }

Result<SegFile> SegFile::read(const std::filesystem::path& path) {
  SegFile seg;
  if (seg.impl_->file.loadFile(path.c_str()).bad())
    return Error{Errc::io, fmt::format("{}: not readable as DICOM", path.filename().string())};
  INFERAD_TRY_STATUS(seg.read_header());
  INFERAD_TRY_STATUS(seg.read_frames());
  INFERAD_TRY_STATUS(seg.read_pixels());
  return seg;
}

Status SegFile::read_header() {
  auto& header = data();
  type_ = text_of(header, DCM_SegmentationType);
  if (type_ != "BINARY" && type_ != "FRACTIONAL" && type_ != "LABELMAP")
    return invalid("Segmentation Type is neither BINARY nor FRACTIONAL nor LABELMAP");
  rows_ = number_of(header, DCM_Rows);
  columns_ = number_of(header, DCM_Columns);
  bits_ = number_of(header, DCM_BitsAllocated);
  if (rows_ == 0 || columns_ == 0) return invalid("Rows or Columns is missing");
  if (bits_ != (type_ == "BINARY" ? 1 : 8)) return invalid(fmt::format("{} with {} bits is not read", type_, bits_));
  for_each_item(header, DCM_SegmentSequence, [&](DcmItem& item) { segments_.push_back(segment_of(item)); });
  if (segments_.empty()) return invalid("there is no segment");
  referenced_ = referenced_instances(header);
  return ok();
}

Status SegFile::read_frames() {
  frames_ = read_frame_items(data());
  if (std::to_string(frames_.size()) != text_of(data(), DCM_NumberOfFrames))
    return invalid("Number of Frames is not the number of functional groups");
  if (type_ == "LABELMAP") return ok();
  for (std::size_t i = 0; i < frames_.size(); ++i)
    if (std::none_of(segments_.begin(), segments_.end(),
                     [&](const auto& segment) { return segment.number == frames_[i].segment; }))
      return invalid(fmt::format("frame {} is of no segment that is described", i + 1));
  return ok();
}

Status SegFile::read_pixels() {
  const Uint8* bytes = nullptr;
  unsigned long length = 0;
  if (data().findAndGetUint8Array(DCM_PixelData, bytes, &length).bad() || bytes == nullptr)
    return invalid("Pixel Data is missing or compressed");
  const auto voxels = frames_.size() * frame_voxels();
  if (length < (bits_ == 1 ? (voxels + 7) / 8 : voxels)) return invalid("Pixel Data is shorter than its frames");
  pixels_ = {bytes, length};
  return ok();
}

void SegFile::values(std::size_t frame, std::span<std::uint8_t> out) const {
  const auto first = frame * frame_voxels();
  if (bits_ == 8)
    std::copy_n(pixels_.begin() + static_cast<std::ptrdiff_t>(first), frame_voxels(), out.begin());
  else
    for (std::size_t i = 0; i < frame_voxels(); ++i)
      out[i] = static_cast<std::uint8_t>((pixels_[(first + i) / 8] >> ((first + i) % 8)) & 1U);
}

}  // namespace inferad::results
