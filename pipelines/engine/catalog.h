// SPDX-License-Identifier: Apache-2.0
// pipeline.json and model.json as values (schemas: config/schema/pipeline.schema.json, model.schema.json). The readers
// are strict; each error names the file and the JSON pointer. Pure apart from reading files.
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

struct ModelSpec {
  std::string name, version;
  std::filesystem::path file;  // absolute or relative as its folder was given
  std::string sha256;          // that model.json demands
};

// `folder` holds pipeline.json; its name must be the pipeline's name.
Result<PipelineSpec> read_pipeline(const std::filesystem::path& folder);
Result<ModelSpec> read_model(const std::filesystem::path& folder);

// The bytes of the model's file. Errc::refused when their SHA-256 is not the one that model.json demands.
Result<std::string> read_pinned(const ModelSpec& model);

}  // namespace inferad::engine
