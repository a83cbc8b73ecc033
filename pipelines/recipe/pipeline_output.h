// SPDX-License-Identifier: Apache-2.0
// The members output, measurements, findings and uncertainty of pipeline.json. Internal to recipe/.
#pragma once

#include <string>
#include <string_view>

#include "pipelines/recipe/pipeline_file.h"
#include "server/base/json_document.h"

namespace inferad::recipe {

// A place in MONAI's notation, "preprocessing#transforms#3", as JSON pointer.
std::string pointer_of(std::string_view place);

Scores scores_of(const JsonNode& word);

// The output "detection"; then whether the steps suit it.
Detection detection_of(JsonObject& output);
void check_steps_of_detection(JsonObject& pipeline, const PipelineFile& file);

Segmentation segmentation_of(JsonObject& output);
ImageOutput image_output_of(JsonObject& output);

// Mistakes are noted in the object's document.
void read_output(JsonObject& pipeline, PipelineFile& out);

// Notes each step that moves pixels without saying so: `harm` is what it would make.
void check_steps_keep_place(const JsonDocument& document, const PipelineFile& file, std::string_view harm);

// After read_output and read_uncertainty.
void read_localisation(const JsonNode& node, PipelineFile& pipeline);

// After read_output: not every output has a mean.
void read_uncertainty(const JsonNode& node, PipelineFile& pipeline);

}  // namespace inferad::recipe
