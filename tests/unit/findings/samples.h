// SPDX-License-Identifier: Apache-2.0
// One complete Findings and one Job, as the lung density pipeline would make them.
#pragma once

#include "pipelines/findings/codes.h"
#include "pipelines/findings/findings.h"
#include "pipelines/findings/job.h"
#include "pipelines/findings/uids.h"

namespace inferad::findings::samples {

inline Job job() {
  Job job;
  job.id = "17";
  job.pipeline = "ct-lung-density";
  job.study_uid = "1.2.3.4";
  job.series = {{"1.2.3.4.5", {"/spool/1/2.dcm", "/spool/1/ü \"3\".dcm"}}};
  job.predecessors = {{inferad::ResultKind::sr, "2.25.99"}};
  job.results = {inferad::ResultKind::seg, inferad::ResultKind::seg_labelmap, inferad::ResultKind::sr};
  job.created_at = "2026-11-24T23:30:00.123Z";
  job.timezone_offset = "+0100";
  job.device_serial = "installation-1";
  return job;
}

inline Segment lung(int number, const CodedConcept& side, const std::string& id) {
  Segment segment;
  segment.number = number;
  segment.label = side.meaning + " lung";
  segment.category = codes::kAnatomicalStructure;
  segment.type = codes::kLung;
  segment.laterality = side;
  segment.tracking_id = id;
  segment.tracking_uid = tracking_uid("1.2.3.4", "ct-lung-density", id);
  return segment;
}

inline Finding lung_finding(const Segment& segment) {
  Finding finding;
  finding.id = segment.tracking_id;
  finding.tracking_uid = segment.tracking_uid;
  finding.concept_code = codes::kLung;
  finding.site = codes::kLung;
  finding.laterality = segment.laterality;
  finding.segment = segment.number;
  finding.measurements = {{codes::kVolume, 2345.678, codes::kMilliliter, {}, "Volume", true},
                          {codes::kAttenuation, -851.25, codes::kHounsfieldUnit, codes::kMean, "Mean", false},
                          {codes::kLaa950, 31.2345678901234, codes::kPercent, {}, "LAA-950", false},
                          {codes::kPerc15, -924, codes::kHounsfieldUnit, {}, "Perc15", false}};
  return finding;
}

inline Findings analysed() {
  Findings findings;
  findings.job = "17";
  findings.pipeline = "ct-lung-density";
  findings.pipeline_version = "1.0.0";
  findings.study_uid = "1.2.3.4";
  findings.series_uid = "1.2.3.4.5";
  findings.algorithm = {"CT lung density", "1.0.0", "Inferad", std::string(64, 'a'), "LAA-950 >= 25 %"};
  findings.segments = {lung(1, codes::kRight, "lung-right"), lung(2, codes::kLeft, "lung-left")};
  for (const auto& segment : findings.segments) findings.items.push_back(lung_finding(segment));
  Finding emphysema;
  emphysema.id = "emphysema";
  emphysema.tracking_uid = tracking_uid(findings.study_uid, findings.pipeline, emphysema.id);
  emphysema.concept_code = codes::kPulmonaryEmphysema;
  emphysema.site = codes::kLung;
  emphysema.laterality = codes::kBilateral;
  emphysema.presence = Presence::present;
  emphysema.measurements = {{codes::kLaa950, 31.2, codes::kPercent, {}, "LAA-950", false}};
  emphysema.explanation = "LAA-950 is 31.2 %, at or above 25 %";
  findings.items.push_back(emphysema);
  findings.priority =
      PriorityProposal{"HIGH", "Emphysema: LAA-950 31.2 % (threshold 25 %)", "emphysema", "LAA-950", 31.2, 25};
  findings.remarks = {"lung touches both end slices: volumes are truncated"};
  findings.analysed_at = "2026-11-24T23:30:00.123Z";
  return findings;
}

// What the network was given of the header: a number, a word, and a value that the pipeline assumed.
inline std::vector<HeaderValue> header_values() {
  return {{"PatientAge", 64, "a", "", 0.64, false},
          {"PatientSex", {}, "", "F", 1, false},
          {"PatientWeight", 70, "kg", "", 70, true}};
}

inline std::vector<InputImage> input_images() {
  return {{"left_cc", {"1.2.840.10008.5.1.4.1.1.1.2", "1.2.3.4.5.1", 1}},
          {"right_cc", {"1.2.840.10008.5.1.4.1.1.1.2", "1.2.3.4.5.2", 1}}};
}

inline ImageFile image_file() {
  return {"synthetic-ct.nii",
          std::string(64, 'b'),
          3'000'000'352,
          "Synthetic CT",
          codes::ours("SYNTHETIC", "Synthetic CT"),
          codes::kHounsfieldUnit};
}

// A box in the patient, turned by 30 degrees; and a point in an image.
inline Location box_in_patient() {
  return {Location::Form::box,
          "1.2.9",
          {-12.5, 20, 103},
          {{2.598, 1.5, 0}, {-1, 1.732, 0}, {0, 0, 4}},
          {{"1.2.840.10008.5.1.4.1.1.2", "1.2.7", 1}, {"1.2.840.10008.5.1.4.1.1.2", "1.2.8", 1}}};
}
inline Location point_in_image() {
  return {Location::Form::point, "", {100.5, 7.25, 0}, {}, {{"1.2.840.10008.5.1.4.1.1.1.1", "1.2.7", 3}}};
}

inline Finding located(const std::string& id, Location location) {
  Finding finding;
  finding.id = id;
  finding.tracking_uid = tracking_uid("1.2.3.4", "ct-lung-density", id);
  finding.concept_code = {"27925004", "SCT", "Nodule"};
  finding.site = codes::kLung;
  finding.location = std::move(location);
  finding.measurements = {
      {codes::ours("SCORE", "Score of the model, not calibrated"), 0.75, codes::kNoUnits, {}, "score", false}};
  return finding;
}

inline Findings not_analysed() {
  auto findings = analysed();
  findings.outcome = Outcome::not_analysed;
  findings.reason = codes::kSliceDistance;
  findings.reason_text = "slice distance 7.5 mm, at most 5 mm";
  findings.segments.clear();
  findings.items.clear();
  findings.priority.reset();
  findings.remarks.clear();
  return findings;
}

}  // namespace inferad::findings::samples
