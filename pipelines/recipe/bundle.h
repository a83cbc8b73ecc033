// SPDX-License-Identifier: Apache-2.0
// A MONAI bundle as a folder: configs/inference.json, configs/metadata.json, models/model.ts. Plain values.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipelines/recipe/model_file.h"
#include "pipelines/recipe/pipeline_file.h"
#include "pipelines/recipe/recipe.h"
#include "server/base/result.h"

namespace inferad::recipe {

// One entry of metadata.json's network_data_format.
struct BundleTensor {
  std::string name;          // "image", "pred"
  std::string type, format;  // "image", "hounsfield"; "probabilities", "classes"
  std::string modality;      // "" = not stated
  int channels = 0;
  std::vector<std::string> spatial_shape;  // "32", "*", "8*n": as written
  std::string dtype;                       // "float32"
  std::vector<double> value_range;         // empty or least and most
  bool is_patch_data = false;
  std::map<int, std::string> channel_def;  // 0 → "background"
};

struct BundleSpec {
  std::string name, version, task, description, authors, copyright, data_source, intended_use;
  std::string monai_version;
  std::vector<std::string> references;
  BundleTensor image, pred;  // the first input of type image (or "image"), the output "pred" (or the first)
  Recipe recipe;
  std::filesystem::path model;  // models/model.ts
};

// Errc::not_found names the file that is missing; Errc::invalid_input what is missing in it, or what read_recipe()
// refuses. Only JSON configurations are read: a bundle with inference.yaml is refused by name.
Result<BundleSpec> read_bundle(const std::filesystem::path& folder);

// The steps of a pipeline: its own, or those of its model's bundle. Errc::invalid_input: it asks for a bundle's, and
// the model is none, or the bundle's output has fewer channels than the pipeline has classes or labels.
Result<Recipe> steps_of(const PipelineFile& pipeline, const ModelFile& model);

}  // namespace inferad::recipe
