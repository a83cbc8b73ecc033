// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/frame_file.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cmath>
#include <cstdlib>
#include <sstream>

#include "pipelines/results/item_writer.h"
#include "pipelines/results/object_check.h"

namespace inferad::results {

namespace {

constexpr double kPositionToleranceMm = 0.01;

// What a group says of the frame; what it does not say stays as it was.
void read_group(DcmItem& group, FrameInFile& frame) {
  DcmItem *segment = nullptr, *derivation = nullptr, *source = nullptr, *plane = nullptr;
  Uint16 number = 0;
  if (group.findAndGetSequenceItem(DCM_SegmentIdentificationSequence, segment).good() &&
      segment->findAndGetUint16(DCM_ReferencedSegmentNumber, number).good())
    frame.segment = number;
  if (group.findAndGetSequenceItem(DCM_PlanePositionSequence, plane).good())
    frame.position = text_of(*plane, DCM_ImagePositionPatient);
  if (group.findAndGetSequenceItem(DCM_DerivationImageSequence, derivation).bad() ||
      derivation->findAndGetSequenceItem(DCM_SourceImageSequence, source).bad())
    return;
  frame.source_uid = text_of(*source, DCM_ReferencedSOPInstanceUID);
  const auto text = text_of(*source, DCM_ReferencedFrameNumber);
  if (!text.empty()) frame.source_frame = std::atoi(text.c_str());
}

}  // namespace

std::vector<FrameInFile> read_frame_items(DcmItem& data) {
  FrameInFile shared;
  for_each_item(data, DCM_SharedFunctionalGroupsSequence, [&](DcmItem& group) { read_group(group, shared); });
  std::vector<FrameInFile> frames;
  for_each_item(data, DCM_PerFrameFunctionalGroupsSequence, [&](DcmItem& group) {
    frames.push_back(shared);
    read_group(group, frames.back());
  });
  return frames;
}

std::set<std::string> referenced_instances(DcmItem& data) {
  std::set<std::string> result;
  for_each_item(data, DCM_ReferencedSeriesSequence, [&](DcmItem& series) {
    for_each_item(series, DCM_ReferencedInstanceSequence,
                  [&](DcmItem& instance) { result.insert(text_of(instance, DCM_ReferencedSOPInstanceUID)); });
  });
  return result;
}

FrameSources::FrameSources(const findings::Image& image) : image_(image) {
  for (std::size_t i = 0; i < image.sources.size(); ++i)
    slices_[{image.sources[i].sop_instance_uid, image.sources[i].frame}] = static_cast<int>(i);
}

std::optional<int> FrameSources::slice(const FrameInFile& frame, const std::set<std::string>& referenced) const {
  const auto found = slices_.find({frame.source_uid, frame.source_frame});
  if (found == slices_.end() || !referenced.contains(frame.source_uid)) return std::nullopt;
  return found->second;
}

bool FrameSources::in_place(const FrameInFile& frame, int slice) const {
  if (image_.projection) return true;
  const auto& position = image_.sources[static_cast<std::size_t>(slice)].position;
  std::istringstream parts(frame.position);
  std::string part;
  std::size_t count = 0;
  for (; count < 3 && std::getline(parts, part, '\\'); ++count)
    if (std::abs(std::strtod(part.c_str(), nullptr) - position[count]) > kPositionToleranceMm) return false;
  return count == 3;
}

}  // namespace inferad::results
