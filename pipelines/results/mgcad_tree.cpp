// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/mgcad_tree.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string>

#include "pipelines/results/document.h"
#include "pipelines/results/mgcad_findings.h"

namespace inferad::results {

namespace {

using findings::CodedConcept;
using Library = std::map<std::string, ContentPosition>;  // SOP Instance UID → its item

constexpr auto kContains = Relationship::contains;
constexpr auto kProperties = Relationship::has_properties;
constexpr auto kContext = Relationship::has_acquisition_context;
constexpr auto kModifier = Relationship::has_concept_modifier;

CodedConcept code_of(CadSummary summary) {
  switch (summary) {
    case CadSummary::all_without:
      return dcm("111241", "All algorithms succeeded; without findings");
    case CadSummary::all_with:
      return dcm("111242", "All algorithms succeeded; with findings");
    case CadSummary::not_all_without:
      return dcm("111243", "Not all algorithms succeeded; without findings");
    case CadSummary::not_all_with:
      return dcm("111244", "Not all algorithms succeeded; with findings");
    case CadSummary::none_without:
      break;
  }
  return dcm("111245", "No algorithms succeeded; without findings");
}

CodedConcept code_of(CadStatus status) {
  switch (status) {
    case CadStatus::succeeded:
      return dcm("111222", "Succeeded");
    case CadStatus::partially_succeeded:
      return dcm("111223", "Partially Succeeded");
    case CadStatus::failed:
      return dcm("111224", "Failed");
    case CadStatus::not_attempted:
      break;
  }
  return dcm("111225", "Not Attempted");
}

void write_intent(ContentItem& item, RenderingIntent intent) {
  item.code(kModifier, dcm("111056", "Rendering Intent"),
            intent == RenderingIntent::required
                ? dcm("111150", "Presentation Required: Rendering device is expected to present")
                : dcm("111151", "Presentation Optional: Rendering device may present"));
}

// TID 4020
void write_acquisition(ContentItem& image, const Mammogram& from) {
  if (from.laterality) image.code(kContext, dcm("111027", "Image Laterality"), *from.laterality);
  if (from.view) {
    auto view = image.code(kContext, dcm("111031", "Image View"), *from.view);
    for (const auto& modifier : from.modifiers) view.code(kModifier, dcm("111032", "Image View Modifier"), modifier);
  }
  if (!from.row.empty()) image.text(kContext, dcm("111044", "Patient Orientation Row"), from.row);
  if (!from.column.empty()) image.text(kContext, dcm("111043", "Patient Orientation Column"), from.column);
  if (!from.study_date.empty()) image.date(kContext, dcm("111060", "Study Date"), from.study_date);
  if (!from.study_time.empty()) image.time(kContext, dcm("111061", "Study Time"), from.study_time);
  if (!from.content_date.empty()) image.date(kContext, dcm("111018", "Content Date"), from.content_date);
  if (!from.content_time.empty()) image.time(kContext, dcm("111019", "Content Time"), from.content_time);
  const CodedConcept micrometer{"um", "UCUM", "micrometer"};
  if (from.horizontal_mm)
    image.number(kContext, dcm("111026", "Horizontal Pixel Spacing"), *from.horizontal_mm * 1000, micrometer);
  if (from.vertical_mm)
    image.number(kContext, dcm("111066", "Vertical Pixel Spacing"), *from.vertical_mm * 1000, micrometer);
}

Library write_library(ContentItem& root, const ResultRequest& request, const std::vector<Mammogram>& mammograms) {
  Library positions;
  auto library = root.container(kContains, dcm("111028", "Image Library"));
  const auto images = mammograms_of(request);
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto image = library.image(kContains, std::nullopt, images[i]->sop_class_uid, images[i]->sop_instance_uid);
    write_acquisition(image, mammograms[i]);
    positions.emplace(images[i]->sop_instance_uid, image.position());
  }
  return positions;
}

// TID 4002: words and whose they are.
void write_impression(ContentItem& parent, Relationship relationship, const std::string& words,
                      const findings::Algorithm& algorithm) {
  parent.text(relationship, dcm("111033", "Impression Description"), words);
  write_algorithm(parent, algorithm, relationship);
}

std::vector<float> floats(std::span<const std::array<double, 2>> points) {
  std::vector<float> data;
  for (const auto& point : points)
    for (const double value : point) data.push_back(static_cast<float>(value));
  return data;
}

// TID 4021: the centre, and of a box its outline; both on an image of the library.
void write_geometry(ContentItem& finding, const SingleImageFinding& single, const Library& library) {
  const auto& image = library.at(single.place.image.sop_instance_uid);
  const auto& centre = single.item->location->centre;
  finding.coordinates(kProperties, dcm("111010", "Center"), "POINT",
                      {static_cast<float>(centre[0]), static_cast<float>(centre[1])}, image);
  if (single.place.points.size() > 1)
    finding.coordinates(kProperties, dcm("111041", "Outline"), "POLYLINE", floats(single.place.points), image);
}

// The share that a model stands for; what is not calibrated is said in words.
void write_certainty(ContentItem& finding, const findings::Finding& item) {
  for (const auto& measurement : item.measurements)
    if (measurement.name.value == "122157" && measurement.name.scheme == "DCM") {  // Probability
      finding.number(kProperties, dcm("111012", "Certainty of Finding"), measurement.value * 100,
                     {"%", "UCUM", "Percent"});
      return;
    }
}

// TID 4003 with TID 4006
void write_single(ContentItem& summary, const SingleImageFinding& single, const findings::Algorithm& algorithm,
                  const Library& library) {
  auto individual =
      summary.container(Relationship::inferred_from, dcm("111034", "Individual Impression/Recommendation"));
  write_intent(individual, single.intent);
  write_impression(individual, kContains, in_words(*single.item), algorithm);
  auto finding = individual.code(kContains, dcm("111059", "Single Image Finding"), single.what.code);
  write_intent(finding, single.intent);
  write_algorithm(finding, algorithm, kProperties);
  write_certainty(finding, *single.item);
  write_geometry(finding, single, library);
  if (!single.what.region.empty())
    finding.text(kProperties, dcm("111058", "Selected Region Description"), single.what.region);
}

std::string overall_words(const ResultRequest& request, const std::vector<SingleImageFinding>& singles) {
  const auto& findings = request.findings;
  std::string words;
  if (findings.outcome == findings::Outcome::not_analysed) words += "Not analysed. ";
  if (findings.outcome == findings::Outcome::failed) words += "The analysis failed. ";
  if (!findings.reason.meaning.empty()) words += findings.reason.meaning + ". ";
  if (!findings.reason_text.empty()) words += findings.reason_text + " ";
  for (const auto& item : findings.items) {
    const bool single =
        std::any_of(singles.begin(), singles.end(), [&](const auto& each) { return each.item == &item; });
    if (single) continue;
    words += in_words(item) + " ";
    if (item.location && item.presence != findings::Presence::absent)
      words += "Its place cannot be told in this class of report. ";
  }
  for (const auto& qualifier : findings.qualifiers) words += qualifier.text + " ";
  for (const auto& remark : findings.remarks) words += remark + " ";
  return words + (request.options.research ? "Research use only. Assists; not for primary diagnosis."
                                           : "Assists; not for primary diagnosis.");
}

// TID 4017, 4018
void write_performed(ContentItem& parent, const CodedConcept& name, const CodedConcept& what,
                     const findings::Algorithm& algorithm, const Library& library,
                     const std::vector<const SourceImage*>& images) {
  auto performed = parent.code(kContains, name, what);
  write_algorithm(performed, algorithm, kProperties);
  for (const auto* image : images) performed.refer(kProperties, library.at(image->sop_instance_uid));
}

// TID 4015
void write_detections(ContentItem& root, const ResultRequest& request, const CadStates& states,
                      const Library& library) {
  auto summary = root.code(kContains, dcm("111064", "Summary of Detections"), code_of(states.detections));
  if (states.detections == CadStatus::not_attempted) return;
  auto list = summary.container(Relationship::inferred_from, states.detections == CadStatus::succeeded
                                                                 ? dcm("111063", "Successful Detections")
                                                                 : dcm("111025", "Failed Detections"));
  for (const auto& what : states.detected_for)
    write_performed(list, dcm("111022", "Detection Performed"), what.code, request.findings.algorithm, library,
                    mammograms_of(request));
}

// TID 4016: whether something is there, of an image or of all.
void write_analyses(ContentItem& root, const ResultRequest& request, CadStatus status, const Library& library) {
  auto summary = root.code(kContains, dcm("111065", "Summary of Analyses"), code_of(status));
  const auto list = [&](const CodedConcept& name) {
    auto analyses = summary.container(Relationship::inferred_from, name);
    write_performed(analyses, dcm("111004", "Analysis Performed"),
                    dcm("111234", "Overall Impression / Recommendation Analysis"), request.findings.algorithm, library,
                    mammograms_of(request));
  };
  if (status == CadStatus::succeeded || status == CadStatus::partially_succeeded)
    list(dcm("111062", "Successful Analyses"));
  if (status == CadStatus::failed || status == CadStatus::partially_succeeded) list(dcm("111024", "Failed Analyses"));
}

}  // namespace

void write_mgcad_tree(ItemWriter& data_set, const ResultRequest& request, const std::vector<Mammogram>& mammograms) {
  auto root = ContentItem::root(data_set, dcm("111036", "Mammography CAD Report"), "4000");
  write_language(root);
  const auto library = write_library(root, request, mammograms);
  const auto states = cad_states(request);
  const auto singles = single_image_findings(request);
  const auto& algorithm = request.findings.algorithm;
  auto summary = root.code(kContains, dcm("111017", "CAD Processing and Findings Summary"), code_of(states.summary));
  write_impression(summary, kProperties, overall_words(request, singles), algorithm);
  for (const auto& single : singles) write_single(summary, single, algorithm, library);
  write_detections(root, request, states, library);
  write_analyses(root, request, states.analyses, library);
}

}  // namespace inferad::results
