// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "pipelines/engine/detections.h"
#include "pipelines/engine/report_draft.h"
#include "pipelines/findings/codes.h"
#include "pipelines/findings/uids.h"

namespace inferad::engine {

namespace {

namespace codes = findings::codes;

// An image that the detector was shown.
struct Shown {
  const findings::Image& image;
  const Candidates& candidates;
  std::string name;  // of one of several
};

// Its number may be another one's in the next revision, its place not: the tracking UID derives from that.
findings::Finding detection_item(const recipe::DetectionLabel& label, const findings::Location& location, int number,
                                 const std::string& image, const ReportDraft& draft) {
  auto group = draft.item(fmt::format("{}-{}", label.id, number), label.concept_code);
  auto place = fmt::format("{}@{:.2f}", label.id, fmt::join(location.centre, ","));
  for (const auto& axis : location.half_axes) place += fmt::format("/{:.2f}", fmt::join(axis, ","));
  if (location.frame_of_reference_uid.empty()) place += '@' + location.images.front().sop_instance_uid;
  group.tracking_uid = findings::tracking_uid(draft.report.study_uid, draft.report.pipeline, place);
  group.site = label.site;
  group.laterality = label.laterality;
  group.location = location;
  group.input_image = image;
  group.explanation = image.empty() ? fmt::format("{} {}, by score.", label.label, number)
                                    : fmt::format("{} {}, by score in {}.", label.label, number, image);
  return group;
}

// One item for each detection on one image, numbered by label in the order of the scores, after those on the images
// before it.
void add_detections(const recipe::Detection& detection, const Shown& shown, std::map<int, int>& numbers,
                    ReportDraft& draft) {
  const auto& map = shown.candidates.to_patient;
  const auto selection = select(shown.candidates, detection);
  const auto where = shown.name.empty() ? "" : shown.name + ": ";
  std::size_t outside = 0;
  for (const auto& candidate : selection.kept) {
    const auto location = locate(candidate, map, shown.image);
    if (!location) {
      ++outside;
      continue;
    }
    const auto& label = *std::find_if(detection.labels.begin(), detection.labels.end(),
                                      [&](const auto& each) { return each.value == candidate.label; });
    auto group = detection_item(label, *location, ++numbers[label.value], shown.name, draft);
    group.measurements.push_back(draft.score_measurement(candidate.score));
    if (location->form == findings::Location::Form::box && shown.image.spacing_known) {
      group.measurements.push_back({codes::ours("BOX_EDGE", "Longest edge of the bounding box"),
                                    rounded(longest_edge_mm(candidate, map)),
                                    codes::kMillimeter,
                                    {},
                                    "longest edge",
                                    false});
    }
    draft.detected[label.id].push_back(candidate.score);
    draft.report.items.push_back(std::move(group));
  }
  if (outside > 0)
    draft.report.remarks.push_back(fmt::format("{}Detections outside the image were dropped: {}.", where, outside));
  if (selection.more) {
    draft.report.remarks.push_back(fmt::format(
        "{}There are more detections: the {} with the highest scores are reported.", where, detection.count_max));
  }
}

}  // namespace

// No claim of presence: a finding makes it.
Status add_output(const recipe::Detection& detection, ModelOutput& output, ReportDraft& draft) {
  draft.bounded = detection.scores == recipe::Scores::probability;
  for (const auto& label : detection.labels) draft.report.looked_for.push_back(label.concept_code);
  std::map<int, int> numbers;
  for (std::size_t i = 0; i < output.candidates.size(); ++i) {
    const auto& views = draft.pipeline.input.images;
    add_detections(detection, {draft.images[i], output.candidates[i], views.empty() ? "" : views[i].name}, numbers,
                   draft);
  }
  return ok();
}

}  // namespace inferad::engine
