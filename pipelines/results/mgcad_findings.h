// SPDX-License-Identifier: Apache-2.0
// What a Mammography CAD SR says of findings: which are findings in a single image, and the states of detections and
// analyses. Pure. Internal to results/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/results/planar.h"
#include "pipelines/results/results.h"

namespace inferad::results {

// The mammograms of the request, in the order of the analysis: the image library.
std::vector<const SourceImage*> mammograms_of(const ResultRequest& request);

// Something was looked for, or the report says why not. Numbers alone (breast density) are none of it: a receiver would
// show "no findings" where nothing was looked for.
bool is_mammography_cad(const findings::Findings& findings);

// A value of CID 6014 Mammography Single Image Finding; other things are a "Selected region" with their name.
struct MammographyCode {
  findings::CodedConcept code;
  std::string region;  // of a selected region: what it is
  bool operator==(const MammographyCode&) const = default;
};
MammographyCode mammography_code(const findings::CodedConcept& concept_code);

// CID 6034
enum class RenderingIntent { required, optional };

struct SingleImageFinding {
  const findings::Finding* item = nullptr;  // not owned
  MammographyCode what;
  Outline place;  // in its image
  RenderingIntent intent = RenderingIntent::required;
};

// Items with a place on one mammogram, in their order. Present: to be presented. Undetermined, or evidence where what
// was claimed of it is not present: may be presented. What is absent has no place.
std::vector<SingleImageFinding> single_image_findings(const ResultRequest& request);

// A sentence or two for people: what, how it stands, numbers.
std::string in_words(const findings::Finding& item);

// CID 6042
enum class CadStatus { not_attempted, succeeded, partially_succeeded, failed };

// CID 6047. An undetermined finding is never "without findings" of algorithms that all succeeded.
enum class CadSummary { all_without, all_with, not_all_without, not_all_with, none_without };

struct CadStates {
  CadSummary summary = CadSummary::none_without;
  CadStatus detections = CadStatus::not_attempted, analyses = CadStatus::not_attempted;
  std::vector<MammographyCode> detected_for;  // what was looked for, each once; empty: not attempted
};
CadStates cad_states(const ResultRequest& request);

}  // namespace inferad::results
