// SPDX-License-Identifier: Apache-2.0
// The member "input" of pipeline.json. For pipeline_file only.
#pragma once

#include "pipelines/recipe/input.h"
#include "pipelines/recipe/pipeline_file.h"
#include "server/base/json_document.h"

namespace inferad::recipe {

// A mistake is noted in the document.
Input input_of(const JsonNode& node);

// What several images, or all frames of one, ask of the rest of the pipeline.
void check_input(const JsonObject& pipeline, const PipelineFile& file);

}  // namespace inferad::recipe
