// SPDX-License-Identifier: Apache-2.0
// pipeline.json of the kind "lung-density" as values (schema: config/schema/pipeline.schema.json); the kind "model" is
// pipelines/recipe/pipeline_file.h. Plain values; reading files apart, pure.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipelines/engine/lungs.h"
#include "pipelines/findings/findings.h"
#include "server/base/result.h"

namespace inferad::engine {

// What an image must be like to be analysed.
struct Eligibility {
  std::string modality;
  double slice_distance_max_mm = 5;
  double coverage_min_mm = 0;  // slices x slice distance
  double pixel_spacing_max_mm = 5;
  bool rescale_required = true;
};

// A finding is present when the measure over both lungs is at least the threshold.
struct FindingRule {
  std::string id, name;  // "emphysema", "Emphysema"
  findings::CodedConcept concept_code;
  std::string measure;   // label of a measurement in percent: "LAA-950", "HAA"
  double threshold = 0;  // percent
  std::string level;     // the priority that it asks for; "" = none
};

struct PipelineSpec {
  std::string name, version, title, manufacturer;
  std::string model;  // folder in models/
  Eligibility eligibility;
  LungParameters lungs;
  std::vector<FindingRule> rules;
};

// `folder` holds pipeline.json; its name must be the pipeline's name. Errc::invalid_input tells every mistake with
// file, line, JSON pointer and what was expected, one a line.
Result<PipelineSpec> read_pipeline(const std::filesystem::path& folder);

}  // namespace inferad::engine
