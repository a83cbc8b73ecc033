// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/seg_segments.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "pipelines/results/cielab.h"
#include "pipelines/results/modules.h"

namespace inferad::results {

using findings::CodedConcept;
using findings::Segment;

const CodedConcept kBackground{"125040", "DCM", "Background"};

namespace {

const CodedConcept kArtificialIntelligence{"123110", "DCM", "Artificial Intelligence"};

void write_colour(ItemWriter& item, const std::array<std::uint8_t, 3>& rgb) {
  const auto lab = cielab(rgb);
  item.numbers(DCM_RecommendedDisplayCIELabValue, std::vector<std::uint16_t>(lab.begin(), lab.end()));
}

ItemWriter segment_item(ItemWriter& out, int number, std::string_view label, const std::string& algorithm) {
  auto item = out.item(DCM_SegmentSequence);
  item.number(DCM_SegmentNumber, static_cast<std::uint16_t>(number)).line(DCM_SegmentLabel, label);
  item.value(DCM_SegmentAlgorithmType, "AUTOMATIC").line(DCM_SegmentAlgorithmName, algorithm);
  return item;
}

void write_algorithm(ItemWriter& item, const findings::Algorithm& algorithm) {
  auto identification = item.item(DCM_SegmentationAlgorithmIdentificationSequence);
  identification.code(DCM_AlgorithmFamilyCodeSequence, kArtificialIntelligence);
  identification.line(DCM_AlgorithmName, algorithm.name).line(DCM_AlgorithmVersion, algorithm.version);
  if (!algorithm.parameters.empty()) identification.paragraph(DCM_AlgorithmParameters, algorithm.parameters);
  identification.line(DCM_AlgorithmSource, algorithm.manufacturer.empty() ? kManufacturer : algorithm.manufacturer);
}

void write_segment(ItemWriter& out, const Segment& segment, const findings::Algorithm& algorithm) {
  auto item = segment_item(out, segment.number, segment.label, algorithm.name);
  item.code(DCM_SegmentedPropertyCategoryCodeSequence, segment.category);
  item.code(DCM_SegmentedPropertyTypeCodeSequence, segment.type);
  if (segment.laterality) {
    DcmItem* type = nullptr;
    INFERAD_CHECK(item.item().findAndGetSequenceItem(DCM_SegmentedPropertyTypeCodeSequence, type).good());
    ItemWriter(*type, out.utf8()).code(DCM_SegmentedPropertyTypeModifierCodeSequence, *segment.laterality);
  }
  write_algorithm(item, algorithm);
  item.line(DCM_TrackingID, segment.tracking_id).value(DCM_TrackingUID, segment.tracking_uid);
  write_colour(item, segment.rgb);
}

void write_background(ItemWriter& out, const findings::Algorithm& algorithm) {
  auto item = segment_item(out, 0, "Background", algorithm.name);
  item.code(DCM_SegmentedPropertyCategoryCodeSequence, kBackground);
  item.code(DCM_SegmentedPropertyTypeCodeSequence, kBackground);
  write_colour(item, {0, 0, 0});
}

}  // namespace

void write_segments(ItemWriter& out, const ResultRequest& request, const SegForm& form) {
  if (form.kind == ResultKind::seg_labelmap) write_background(out, request.findings.algorithm);
  for (const auto& segment : request.findings.segments) write_segment(out, segment, request.findings.algorithm);
}

}  // namespace inferad::results
