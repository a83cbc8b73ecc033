// SPDX-License-Identifier: Apache-2.0
// The member "input" of pipeline.json. For pipeline_file only.
#pragma once

#include "pipelines/recipe/input.h"
#include "server/base/json_document.h"

namespace inferad::recipe {

// A mistake is noted in the document.
Input input_of(const JsonNode& node);

}  // namespace inferad::recipe
