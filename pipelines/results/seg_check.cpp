// SPDX-License-Identifier: Apache-2.0
// The second look at a SEG: reads the file, trusts nothing of how it was built.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "pipelines/results/bits.h"
#include "pipelines/results/item_writer.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/seg.h"

namespace inferad::results {

namespace {

// Type 1 in PS3.3 A.51 and its modules: present, with a value.
const std::vector<DcmTagKey> kRequired = {DCM_SOPClassUID,
                                          DCM_SOPInstanceUID,
                                          DCM_StudyInstanceUID,
                                          DCM_SeriesInstanceUID,
                                          DCM_Modality,
                                          DCM_SeriesNumber,
                                          DCM_InstanceNumber,
                                          DCM_ContentDate,
                                          DCM_ContentTime,
                                          DCM_ImageType,
                                          DCM_Manufacturer,
                                          DCM_ManufacturerModelName,
                                          DCM_DeviceSerialNumber,
                                          DCM_SoftwareVersions,
                                          DCM_FrameOfReferenceUID,
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
                                          DCM_PixelData,
                                          DCM_ContributingEquipmentSequence,
                                          DCM_TimezoneOffsetFromUTC};
// Type 2: present.
const std::vector<DcmTagKey> kPresent = {DCM_PatientName,
                                         DCM_PatientID,
                                         DCM_PatientBirthDate,
                                         DCM_PatientSex,
                                         DCM_StudyDate,
                                         DCM_StudyTime,
                                         DCM_StudyID,
                                         DCM_AccessionNumber,
                                         DCM_ReferringPhysicianName,
                                         DCM_PositionReferenceIndicator,
                                         DCM_ContentDescription,
                                         DCM_ContentCreatorName};

struct FrameItem {
  int segment = 0;
  std::string source_uid;
  int source_frame = 1;
};

FrameItem read_frame(DcmItem& group) {
  FrameItem frame;
  DcmItem *segment = nullptr, *derivation = nullptr, *source = nullptr;
  Uint16 number = 0;
  if (group.findAndGetSequenceItem(DCM_SegmentIdentificationSequence, segment).good() &&
      segment->findAndGetUint16(DCM_ReferencedSegmentNumber, number).good())
    frame.segment = number;
  if (group.findAndGetSequenceItem(DCM_DerivationImageSequence, derivation).good() &&
      derivation->findAndGetSequenceItem(DCM_SourceImageSequence, source).good()) {
    frame.source_uid = text_of(*source, DCM_ReferencedSOPInstanceUID);
    const auto number_text = text_of(*source, DCM_ReferencedFrameNumber);
    if (!number_text.empty()) frame.source_frame = std::atoi(number_text.c_str());
  }
  return frame;
}

// Slice of the image that an instance and frame number stand for.
std::map<std::pair<std::string, int>, std::size_t> slices_by_source(const findings::Image& image) {
  std::map<std::pair<std::string, int>, std::size_t> result;
  for (std::size_t i = 0; i < image.sources.size(); ++i)
    result[{image.sources[i].sop_instance_uid, image.sources[i].frame}] = i;
  return result;
}

Error wrong(std::string_view what) { return {Errc::model, fmt::format("SEG check: {}", what)}; }

std::size_t labelled_voxels(const ResultRequest& request) {
  const auto last = static_cast<std::uint8_t>(request.findings.segments.size());
  const auto& labels = request.labels->labels;
  return static_cast<std::size_t>(
      std::count_if(labels.begin(), labels.end(), [last](std::uint8_t label) { return label > 0 && label <= last; }));
}

// Every frame equals its slice of the mask, and the frames together hold every labelled voxel.
Status check_bits(const ResultRequest& request, DcmDataset& data, const std::set<std::string>& referenced) {
  const auto& labels = *request.labels;
  const auto frame_size = static_cast<std::size_t>(labels.rows) * static_cast<std::size_t>(labels.columns);
  const Uint8* pixels = nullptr;
  unsigned long length = 0;
  if (data.findAndGetUint8Array(DCM_PixelData, pixels, &length).bad()) return wrong("pixel data is not readable");
  DcmSequenceOfItems* groups = nullptr;
  if (data.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, groups).bad()) return wrong("frames are missing");
  if (std::to_string(groups->card()) != text_of(data, DCM_NumberOfFrames)) return wrong("Number of Frames is wrong");
  const auto slices = slices_by_source(*request.image);
  std::size_t voxels = 0, index = 0;
  for (DcmObject* object = groups->nextInContainer(nullptr); object;
       object = groups->nextInContainer(object), ++index) {
    const auto frame = read_frame(*static_cast<DcmItem*>(object));
    const auto slice = slices.find({frame.source_uid, frame.source_frame});
    if (slice == slices.end() || !referenced.contains(frame.source_uid))
      return wrong(fmt::format("frame {} refers to no source image", index + 1));
    const std::span<const std::uint8_t> expected(labels.labels.data() + slice->second * frame_size, frame_size);
    if (!frame_equals({pixels, length}, index, expected, frame.segment))
      return wrong(fmt::format("frame {} differs from the mask", index + 1));
    voxels += static_cast<std::size_t>(
        std::count(expected.begin(), expected.end(), static_cast<std::uint8_t>(frame.segment)));
  }
  if (voxels != labelled_voxels(request)) return wrong("a part of the mask is in no frame");
  return ok();
}

std::set<std::string> referenced_instances(DcmDataset& data) {
  std::set<std::string> result;
  for_each_item(data, DCM_ReferencedSeriesSequence, [&](DcmItem& series) {
    for_each_item(series, DCM_ReferencedInstanceSequence,
                  [&](DcmItem& instance) { result.insert(text_of(instance, DCM_ReferencedSOPInstanceUID)); });
  });
  return result;
}

}  // namespace

Status check_seg(const ResultRequest& request, const std::filesystem::path& path) {
  if (!request.image || !request.labels) return wrong("there is no mask to compare with");
  DcmFileFormat file;
  if (file.loadFile(path.c_str()).bad()) return wrong("the file is not readable");
  auto& data = *file.getDataset();
  INFERAD_TRY_STATUS(check_attributes(data, kRequired, kPresent, "SEG check"));
  DcmSequenceOfItems* segments = nullptr;
  if (data.findAndGetSequence(DCM_SegmentSequence, segments).bad() ||
      segments->card() != request.findings.segments.size())
    return wrong("number of segments is wrong");
  return check_bits(request, data, referenced_instances(data));
}

}  // namespace inferad::results
