// SPDX-License-Identifier: Apache-2.0
// The members output, measurements and findings of pipeline.json. Internal to recipe/.
#pragma once

#include "pipelines/recipe/pipeline_file.h"
#include "server/base/json_document.h"

namespace inferad::recipe {

// Mistakes are noted in the object's document.
void read_output(JsonObject& pipeline, PipelineFile& out);

}  // namespace inferad::recipe
