// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/sr_tree.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <map>
#include <optional>
#include <vector>

#include "pipelines/findings/codes.h"
#include "pipelines/findings/uids.h"
#include "pipelines/results/document.h"
#include "pipelines/results/key_images.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/seg.h"
#include "pipelines/results/sr_location.h"

namespace inferad::results {

namespace {

namespace codes = findings::codes;
using findings::CodedConcept;
using findings::Finding;
using findings::Measurement;
using findings::Outcome;
using findings::Presence;

const CodedConcept kFindingSite{"363698007", "SCT", "Finding Site"};
const CodedConcept kLaterality{"272741003", "SCT", "Laterality"};
const CodedConcept kComment = dcm("121106", "Comment");
constexpr std::size_t kSourcesMax = 100;  // of a number

// The imaging procedure that was analysed: as the images name it, else as the pipeline does.
void write_procedure(ContentItem& root, const ResultRequest& request) {
  CodedConcept procedure = request.options.procedure;
  DcmItem* source = nullptr;
  if (const_cast<DcmItem&>(request.source.reference())
          .findAndGetSequenceItem(DCM_ProcedureCodeSequence, source)
          .good()) {
    const CodedConcept named{text_of(*source, DCM_CodeValue), text_of(*source, DCM_CodingSchemeDesignator),
                             text_of(*source, DCM_CodeMeaning)};
    if (!named.value.empty() && !named.scheme.empty() && !named.meaning.empty()) procedure = named;
  }
  root.code(Relationship::has_concept_modifier, dcm("121058", "Procedure reported"), procedure);
}

CodedConcept modality_code(const std::string& modality) {  // CID 29
  static const std::map<std::string, std::string> meanings = {
      {"CT", "Computed Tomography"},  {"MR", "Magnetic Resonance"}, {"DX", "Digital Radiography"},
      {"CR", "Computed Radiography"}, {"MG", "Mammography"},        {"US", "Ultrasound"},
      {"XA", "X-Ray Angiography"},    {"NM", "Nuclear Medicine"},   {"PT", "Positron emission tomography"}};
  const auto found = meanings.find(modality);
  return found == meanings.end() ? dcm("OT", "Other") : dcm(modality, found->second);
}

// TID 1600: the images that were looked at, one group a series.
void write_image_library(ContentItem& root, const ResultRequest& request) {
  std::map<std::string, std::vector<const SourceImage*>> series;
  for (const auto* image : analysed_images(request)) series[image->series_uid].push_back(image);
  if (series.empty()) return;
  auto library = root.container(Relationship::contains, dcm("111028", "Image Library"), "1600");
  for (const auto& [uid, images] : series) {
    auto group = library.container(Relationship::contains, dcm("126200", "Image Library Group"));
    group.code(Relationship::has_acquisition_context, dcm("121139", "Modality"),
               modality_code(images.front()->modality));
    if (!images.front()->frame_of_reference_uid.empty())
      group.uid(Relationship::has_acquisition_context, dcm("112227", "Frame of Reference UID"),
                images.front()->frame_of_reference_uid);
    for (const auto* image : images)
      group.image(Relationship::contains, std::nullopt, image->sop_class_uid, image->sop_instance_uid);
  }
}

// TID 1419 and TID 300, with the uncertainty of TID 310
ContentItem write_measurement(ContentItem& group, const Measurement& measurement) {
  auto number = group.number(Relationship::contains, measurement.name, measurement.value, measurement.unit);
  if (measurement.derivation)
    number.code(Relationship::has_concept_modifier, dcm("121401", "Derivation"), *measurement.derivation);
  if (measurement.deviation) {
    auto range =
        number.number(Relationship::has_properties, codes::kUncertainty, *measurement.deviation, measurement.unit);
    range.text(Relationship::has_properties, kComment, "One standard deviation over several answers of the algorithm");
  }
  if (measurement.truncated)
    number.text(Relationship::has_properties, kComment, "Lower bound: the region is cut by the end of the series");
  return number;
}

// TID 320: what a number of a finding without a place was taken from. OHIF 3.13 shows no measurement of a report of
// which one has no coordinates.
void write_sources(ContentItem& number, const ResultRequest& request, const Finding& finding, const ReportForm& form) {
  if (!form.places() || finding.presence == Presence::absent) return;
  const auto source = dcm("121112", "Source of Measurement");
  std::size_t count = 0;
  for (const auto* item : located_for(request.findings, finding)) {
    if (++count > kSourcesMax) return;
    const auto& location = *item->location;
    if (const auto region = Region::of(request, location, form.solid())) region->refer(number, request, source);
  }
}

void write_presence(ContentItem& group, Presence presence) {
  const auto name = dcm("121052", "Presence of property");
  switch (presence) {
    case Presence::present:
      group.code(Relationship::contains, name, {"52101004", "SCT", "Present"});
      break;
    case Presence::absent:
      group.code(Relationship::contains, name, {"272519000", "SCT", "Absent"});
      break;
    case Presence::indeterminate:
      group.code(Relationship::contains, name, dcm("121059", "Presence Undetermined"));
      break;
    case Presence::measured:
      break;  // numbers only: no claim
  }
}

// TID 1411 rows of the region: the segment and the series it was drawn on.
void write_region(ContentItem& group, int segment, const WrittenObject& seg, const std::string& series_uid) {
  group.image(Relationship::contains, dcm("121191", "Referenced Segment"), seg.sop_class_uid, seg.sop_instance_uid,
              {static_cast<std::uint16_t>(segment)});
  group.uid(Relationship::contains, dcm("121232", "Source series for segmentation"), series_uid);
}

// Of one of several images.
void write_source_image(ContentItem& group, const ResultRequest& request, const Finding& finding) {
  for (const auto& [name, image] : request.findings.input_images)
    if (name == finding.input_image)
      group.image(Relationship::contains, dcm("121112", "Source of Measurement"), image.sop_class_uid,
                  image.sop_instance_uid);
}

void write_site(ContentItem& group, const Finding& finding) {
  if (!finding.site) return;
  auto site = group.code(Relationship::has_concept_modifier, kFindingSite, *finding.site);
  if (finding.laterality) site.code(Relationship::has_concept_modifier, kLaterality, *finding.laterality);
}

// TID 1411 with a segment, as its location asks with one, else TID 1501.
void write_group(ContentItem& measurements, const ResultRequest& request, const Finding& finding,
                 const ReportForm& form) {
  const bool volumetric = finding.segment && form.seg;
  std::optional<Region> region;
  if (finding.location && form.places()) region = Region::of(request, *finding.location, form.solid());
  const auto template_id = volumetric ? "1411" : region ? region->template_id() : std::string_view("1501");
  auto group = measurements.container(Relationship::contains, dcm("125007", "Measurement Group"), template_id);
  group.text(Relationship::has_observation_context, dcm("112039", "Tracking Identifier"), finding.id);
  group.uid(Relationship::has_observation_context, dcm("112040", "Tracking Unique Identifier"), finding.tracking_uid);
  group.code(Relationship::contains, dcm("121071", "Finding"), finding.concept_code);
  if (volumetric) write_region(group, *finding.segment, *form.seg, request.findings.series_uid);
  if (region) region->write(group, request);
  if (form.places()) write_source_image(group, request, finding);
  if (form.places()) write_site(group, finding);
  write_algorithm(group, request.findings.algorithm, Relationship::has_concept_modifier);
  for (const auto& measurement : finding.measurements) {
    auto number = write_measurement(group, measurement);
    write_sources(number, request, finding, form);
  }
  write_presence(group, finding.presence);
  // It names the finding: viewers show it without its group.
  if (form.places() && !finding.explanation.empty())
    group.text(Relationship::contains, kComment,
               fmt::format("{}: {}", finding.concept_code.meaning, finding.explanation));
  if (form.places() && finding.location && !region)
    group.text(Relationship::contains, kComment, "Its place in the patient cannot be told in this class of report.");
}

// For triage only what claims something: numbers alone belong to parts.
std::vector<const Finding*> reported(const findings::Findings& findings, const ReportForm& form) {
  std::vector<const Finding*> items;
  for (const auto& item : findings.items)
    if (form.places() || item.presence != Presence::measured) items.push_back(&item);
  return items;
}

CodedConcept outcome_code(Outcome outcome) {
  switch (outcome) {
    case Outcome::analysed:
      return codes::ours("ANALYSED", "Analysed");
    case Outcome::not_analysed:
      return codes::ours("NOT_ANALYSED", "Not analysed");
    case Outcome::failed:
      return codes::ours("FAILED", "Analysis failed");
  }
  return codes::kAnalysisFailed;
}

// What a reader must know beside the numbers: whether and why nothing was analysed, and the limits of this analysis.
void write_evaluations(ContentItem& root, const ResultRequest& request, const ReportForm& form) {
  const auto& findings = request.findings;
  auto evaluations = root.container(Relationship::contains, {"C0034375", "UMLS", "Qualitative Evaluations"});
  if (reported(findings, form).empty())  // else each group names it
    write_algorithm(evaluations, findings.algorithm, Relationship::has_concept_modifier);
  evaluations.code(Relationship::contains, codes::ours("OUTCOME", "Outcome of analysis"),
                   outcome_code(findings.outcome));
  if (findings.outcome != Outcome::analysed)
    evaluations.code(Relationship::contains, codes::ours("REASON", "Reason of outcome"), findings.reason);
  if (!findings.reason_text.empty()) evaluations.text(Relationship::contains, kComment, findings.reason_text);
  for (const auto& qualifier : findings.qualifiers) {
    auto limit =
        evaluations.code(Relationship::contains, codes::ours("QUALIFIER", "Remark on analysis"), qualifier.code);
    limit.text(Relationship::has_properties, kComment, qualifier.text);
  }
  if (form.places())
    for (const auto& remark : findings.remarks)
      if (!remark.empty()) evaluations.text(Relationship::contains, kComment, remark);
  if (request.labels && !has_voxels(request))
    evaluations.text(Relationship::contains, kComment, "No voxel was segmented: there is no segmentation object.");
  if (!form.places())
    evaluations.text(
        Relationship::contains, kComment,
        "For sorting work only: says whether, not where. Regions, sites and measurements of parts are omitted.");
  evaluations.text(Relationship::contains, kComment,
                   request.options.research ? "Research use only. Assists; not for primary diagnosis."
                                            : "Assists; not for primary diagnosis.");
}

}  // namespace

void write_report_tree(ItemWriter& data_set, const ResultRequest& request, const ReportForm& form) {
  auto root = ContentItem::root(data_set, dcm("126000", "Imaging Measurement Report"), "1500");
  write_language(root);
  write_device_observer(root, request);
  write_procedure(root, request);
  write_image_library(root, request);
  if (const auto items = reported(request.findings, form); !items.empty()) {
    auto measurements = root.container(Relationship::contains, dcm("126010", "Imaging Measurements"));
    for (const auto* finding : items) write_group(measurements, request, *finding, form);
  }
  write_evaluations(root, request, form);
}

}  // namespace inferad::results
