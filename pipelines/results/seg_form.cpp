// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/seg_form.h"

#include <algorithm>

namespace inferad::results {

namespace {

std::span<const std::uint8_t> probabilities_of(const ResultRequest& request, const GridFrame& frame) {
  const auto& all = request.voxels.probabilities[static_cast<std::size_t>(frame.segment) - 1];
  const auto size = slice_of(*request.labels, 0).size();
  return all.subspan(static_cast<std::size_t>(frame.slice) * size, size);
}

std::vector<GridFrame> probable_frames(const ResultRequest& request) {
  const auto all = segment_frames(*request.labels, static_cast<int>(request.findings.segments.size()), Frames::full);
  std::vector<GridFrame> frames;
  for (const auto& frame : all) {
    const auto values = probabilities_of(request, frame);
    if (std::any_of(values.begin(), values.end(), [](auto value) { return value > 0; })) frames.push_back(frame);
  }
  return frames;
}

}  // namespace

SegForm seg_form(const ResultRequest& request, ResultKind kind) {
  if (kind == ResultKind::seg_labelmap) return {kind, "LABELMAP", 8, ""};
  if (kind == ResultKind::seg_fractional) {
    const bool probable = !request.voxels.probabilities.empty();
    return {kind, "FRACTIONAL", 8, probable ? "PROBABILITY" : "OCCUPANCY", probable};
  }
  return {kind, "BINARY", 1, ""};
}

std::vector<GridFrame> frames_of(const ResultRequest& request, const SegForm& form) {
  const auto which = request.options.full_masks ? Frames::full : Frames::sparse;
  const auto segments = static_cast<int>(request.findings.segments.size());
  if (form.kind == ResultKind::seg_labelmap) return slice_frames(*request.labels, segments, which);
  if (form.probable && which == Frames::sparse) return probable_frames(request);
  return segment_frames(*request.labels, segments, which);
}

void frame_bytes(const ResultRequest& request, const SegForm& form, const GridFrame& frame,
                 std::span<std::uint8_t> out) {
  if (form.probable) {
    const auto values = probabilities_of(request, frame);
    std::copy(values.begin(), values.end(), out.begin());
    return;
  }
  const auto labels = slice_of(*request.labels, frame.slice);
  const auto last = static_cast<std::uint8_t>(std::min<std::size_t>(request.findings.segments.size(), 255));
  const auto wanted = static_cast<std::uint8_t>(frame.segment);
  if (frame.segment == 0)  // a label map; labels above the number of segments are background
    std::transform(labels.begin(), labels.end(), out.begin(),
                   [last](std::uint8_t label) { return label <= last ? label : std::uint8_t{0}; });
  else
    std::transform(labels.begin(), labels.end(), out.begin(), [wanted](std::uint8_t label) {
      return label == wanted ? std::uint8_t{kFractionMax} : std::uint8_t{0};
    });
}

}  // namespace inferad::results
