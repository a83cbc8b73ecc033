// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <utility>

#include "pipelines/engine/label_measures.h"
#include "pipelines/engine/padding.h"
#include "pipelines/engine/report_draft.h"
#include "pipelines/findings/codes.h"
#include "pipelines/findings/uids.h"

namespace inferad::engine {

namespace {

namespace codes = findings::codes;

using Numbers = std::map<std::string, std::uint8_t>;  // of the segments, by label; 0: without voxels

// The label gets the next number.
std::uint8_t add_segment(const recipe::OutputLabel& label, ReportDraft& draft) {
  auto& report = draft.report;
  findings::Segment segment;
  segment.number = static_cast<int>(report.segments.size()) + 1;
  segment.label = label.label;
  segment.category = label.category;
  segment.type = label.type;
  segment.laterality = label.laterality;
  segment.tracking_id = label.id;
  segment.tracking_uid = findings::tracking_uid(report.study_uid, report.pipeline, label.id);
  segment.rgb = label.rgb;
  const auto number = static_cast<std::uint8_t>(segment.number);
  auto group = draft.item(label.id, label.type);
  group.site = label.type;
  group.laterality = label.laterality;
  group.segment = segment.number;
  report.segments.push_back(std::move(segment));
  report.items.push_back(std::move(group));
  return number;
}

findings::CodedConcept concept_of(const recipe::Segmentation& segmentation, const std::string& id) {
  for (const auto& label : segmentation.labels)
    if (label.id == id) return label.type;
  return codes::kAnatomicalStructure;
}

// Measures of one label stand in the group of its segment, those of several labels in a group of their own.
void measure(const recipe::Segmentation& segmentation, const findings::LabelMap& map, Numbers& number_of,
             ReportDraft& draft) {
  for (std::size_t i = 0; i < draft.pipeline.measurements.size(); ++i) {
    const auto& spec = draft.pipeline.measurements[i];
    std::vector<std::uint8_t> numbers;
    for (const auto& id : spec.labels)
      if (number_of[id] != 0) numbers.push_back(number_of[id]);
    const auto value = measured(spec, draft.image(), map, numbers, draft.threads);
    Looked looked{value, draft.deviation([i](const auto& member) { return member[i]; })};
    if (value) looked.measurement = as_measurement(spec, *value, draft.image().modality);
    looked.measurement.deviation = rounded(looked.deviation);
    if (value && !looked.deviation && !draft.members.empty())
      draft.report.remarks.push_back(fmt::format("{}: not every answer had something to measure.", spec.id));
    if (value && spec.labels.size() == 1 && !numbers.empty()) {
      draft.report.items[numbers.front() - 1U].measurements.push_back(looked.measurement);
    } else if (value && spec.labels.size() > 1) {
      auto group = draft.item(spec.id, concept_of(segmentation, spec.labels.front()));
      group.explanation = fmt::format("{}: over {} regions together.", spec.text, spec.labels.size());
      group.measurements.push_back(looked.measurement);
      draft.report.items.push_back(std::move(group));
    }
    draft.looked[spec.id] = std::move(looked);
  }
}

// A segment should not reach where there is no image.
void remark_padding(const findings::LabelMap& map, ReportDraft& draft) {
  const auto padding = padding_in(draft.image(), map);
  for (const auto& segment : draft.report.segments)
    if (const auto count = padding[static_cast<std::size_t>(segment.number)]; count > 0)
      draft.report.remarks.push_back(
          fmt::format("{}: {} voxels lie where there is no image (padding); its volume counts them, its intensities do "
                      "not.",
                      segment.label, count));
}

}  // namespace

Status add_output(const recipe::Segmentation& segmentation, ModelOutput& output, ReportDraft& draft) {
  auto& map = output.labels;
  if (map.labels.size() != draft.image().geometry.voxels()) {
    return Error{Errc::model, fmt::format("the label map has {} voxels, the image {}", map.labels.size(),
                                          draft.image().geometry.voxels())};
  }
  std::array<std::uint64_t, 256> voxels{};
  for (const auto value : map.labels) ++voxels[value];
  std::array<std::uint8_t, 256> renumbered{};
  Numbers number_of;
  for (const auto& label : segmentation.labels) {
    if (voxels[static_cast<std::size_t>(label.value)] == 0) {
      draft.report.remarks.push_back(fmt::format("{} was not found.", label.label));
      number_of[label.id] = 0;
      continue;
    }
    number_of[label.id] = add_segment(label, draft);
    renumbered[static_cast<std::size_t>(label.value)] = number_of[label.id];
    if (const auto kept = output.probabilities.find(label.value); kept != output.probabilities.end())
      draft.probabilities.push_back(std::move(kept->second));
  }
  for (auto& value : map.labels) value = renumbered[value];
  remark_padding(map, draft);
  measure(segmentation, map, number_of, draft);
  return ok();
}

}  // namespace inferad::engine
