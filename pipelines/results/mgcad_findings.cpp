// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/mgcad_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipelines/results/modules.h"

namespace inferad::results {

namespace {

using findings::CodedConcept;
using findings::Finding;
using findings::Outcome;
using findings::Presence;

const CodedConcept kSelectedRegion{"111099", "DCM", "Selected region"};

// CID 6014 without what is said of a whole breast or image (composition, geometry, quality) and so has no place.
const std::array<CodedConcept, 18> kSingleImageFindings{{{"111111", "DCM", "Cooper's ligament changes"},
                                                         {"111112", "DCM", "Mass in the skin"},
                                                         {"111113", "DCM", "Mass on the skin"},
                                                         {"111102", "DCM", "Non-lesion"},
                                                         {"127189005", "SCT", "Axillary adenopathy"},
                                                         {"79654002", "SCT", "Edema"},
                                                         {"68171009", "SCT", "Axillary lymph node"},
                                                         {"129795008", "SCT", "Trabecular thickening of breast"},
                                                         {"129796009", "SCT", "Skin retraction of breast"},
                                                         {"129792006", "SCT", "Architectural distortion of breast"},
                                                         {"129794007", "SCT", "Tubular density"},
                                                         {"129793001", "SCT", "Mammography breast density"},
                                                         {"95324001", "SCT", "Skin lesion"},
                                                         {"129770007", "SCT", "Individual Calcification"},
                                                         {"24142002", "SCT", "Nipple"},
                                                         {"129797000", "SCT", "Skin thickening of breast"},
                                                         {"129769006", "SCT", "Calcification Cluster"},
                                                         {"443808008", "SCT", "Intramammary lymph node"}}};

// A mass seen in one view is a density there; a mass is what several views together show (PS3.17 E.3.2).
CodedConcept as_single_image(const CodedConcept& code) {
  const bool mass = code.scheme == "SCT" && (code.value == "129788004" || code.value == "4147007");
  return mass ? CodedConcept{"129793001", "SCT", "Mammography breast density"} : code;
}

bool any_of(const findings::Findings& findings, Presence presence) {
  return std::any_of(findings.items.begin(), findings.items.end(),
                     [&](const Finding& item) { return item.presence == presence; });
}

RenderingIntent intent_of(const Finding& item, const findings::Findings& findings) {
  if (item.presence == Presence::present) return RenderingIntent::required;
  if (item.presence == Presence::indeterminate) return RenderingIntent::optional;
  const bool claims = any_of(findings, Presence::present) || any_of(findings, Presence::absent) ||
                      any_of(findings, Presence::indeterminate);
  return !claims || any_of(findings, Presence::present) ? RenderingIntent::required : RenderingIntent::optional;
}

// What was found of an image or the study as a whole, or could not be decided.
CadStatus analyses_of(const findings::Findings& findings) {
  bool decided = false;
  for (const auto& item : findings.items) {
    const bool claim = item.presence == Presence::present || item.presence == Presence::absent;
    decided = decided || claim || (item.presence == Presence::measured && !item.location);
  }
  if (!any_of(findings, Presence::indeterminate)) return decided ? CadStatus::succeeded : CadStatus::not_attempted;
  return decided ? CadStatus::partially_succeeded : CadStatus::failed;
}

void add_once(std::vector<MammographyCode>& codes, MammographyCode code) {
  code.region.clear();  // the name of a region is its finding's
  if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.push_back(std::move(code));
}

std::string_view in_words(Presence presence) {
  switch (presence) {
    case Presence::present:
      return ": present";
    case Presence::absent:
      return ": absent";
    case Presence::indeterminate:
      return ": undetermined";
    case Presence::measured:
      break;
  }
  return "";
}

}  // namespace

std::vector<const SourceImage*> mammograms_of(const ResultRequest& request) {
  auto images = analysed_images(request);
  std::erase_if(images, [](const SourceImage* image) { return image->modality != "MG"; });
  return images;
}

bool is_mammography_cad(const findings::Findings& findings) {
  if (findings.outcome != Outcome::analysed || !findings.looked_for.empty()) return true;
  return std::any_of(findings.items.begin(), findings.items.end(),
                     [](const Finding& item) { return item.presence != Presence::measured || item.location; });
}

MammographyCode mammography_code(const CodedConcept& concept_code) {
  const auto code = as_single_image(concept_code);
  const auto same = [&](const CodedConcept& each) { return each.value == code.value && each.scheme == code.scheme; };
  const auto found = std::find_if(kSingleImageFindings.begin(), kSingleImageFindings.end(), same);
  if (found != kSingleImageFindings.end()) return {*found, ""};
  return {kSelectedRegion, concept_code.meaning};
}

std::vector<SingleImageFinding> single_image_findings(const ResultRequest& request) {
  const auto library = mammograms_of(request);
  std::vector<SingleImageFinding> result;
  for (const auto& item : request.findings.items) {
    const bool flat = item.location && item.location->frame_of_reference_uid.empty();
    if (!flat || item.presence == Presence::absent) continue;
    auto outlines = outlines_of(request, *item.location);
    const auto& image = outlines.front().image;
    const bool shown = std::any_of(library.begin(), library.end(), [&](const SourceImage* each) {
      return each->sop_instance_uid == image.sop_instance_uid;
    });
    if (!shown || frame_to_name(request, image) > 0) continue;  // the library names images, not frames
    result.push_back(
        {&item, mammography_code(item.concept_code), std::move(outlines.front()), intent_of(item, request.findings)});
  }
  return result;
}

std::string in_words(const Finding& item) {
  auto text = item.concept_code.meaning;
  if (!item.input_image.empty()) text += fmt::format(" ({})", item.input_image);
  text += fmt::format("{}.", in_words(item.presence));
  for (const auto& measurement : item.measurements) {
    const bool plain = measurement.unit.value == "1" || measurement.unit.value == "{0:1}";
    text += fmt::format(" {} {:.4g}{}{}.", measurement.name.meaning, measurement.value, plain ? "" : " ",
                        plain ? "" : measurement.unit.meaning);
  }
  return item.explanation.empty() ? text : text + " " + item.explanation;
}

CadStates cad_states(const ResultRequest& request) {
  const auto& findings = request.findings;
  CadStates states;
  for (const auto& concept_code : findings.looked_for) add_once(states.detected_for, mammography_code(concept_code));
  if (findings.outcome == Outcome::not_analysed) return {};
  if (findings.outcome == Outcome::failed) {
    if (states.detected_for.empty()) states.detected_for.push_back({kSelectedRegion, ""});  // it did not get so far
    states.detections = states.analyses = CadStatus::failed;
    return states;
  }
  const auto found = single_image_findings(request);
  for (const auto& each : found) add_once(states.detected_for, each.what);
  if (!states.detected_for.empty()) states.detections = CadStatus::succeeded;
  states.analyses = analyses_of(findings);
  const bool undecided = any_of(findings, Presence::indeterminate);
  if (!found.empty() || any_of(findings, Presence::present))
    states.summary = undecided ? CadSummary::not_all_with : CadSummary::all_with;
  else
    states.summary = undecided ? CadSummary::not_all_without : CadSummary::all_without;
  return states;
}

}  // namespace inferad::results
