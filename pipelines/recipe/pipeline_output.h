// SPDX-License-Identifier: Apache-2.0
// The members output, measurements and findings of pipeline.json. Internal to recipe/.
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

// Mistakes are noted in the object's document.
void read_output(JsonObject& pipeline, PipelineFile& out);

}  // namespace inferad::recipe
