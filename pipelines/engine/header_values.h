// SPDX-License-Identifier: Apache-2.0
// What a network is given of the header beside the pixels (recipe/input.h), or why it cannot be. Pure; no LibTorch.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "pipelines/engine/suitability.h"
#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/input.h"

namespace inferad::engine {

struct HeaderRow {
  std::vector<findings::HeaderValue> values;  // in the order of the pipeline
  std::vector<std::string> remarks;           // values that the header does not say and the pipeline does
};

// All images must say the same. Unsuitable: HEADER_MISSING, HEADER_RANGE, HEADER_WORD or HEADER_DIFFERS, with the
// attribute in the text.
std::variant<HeaderRow, Unsuitable> header_row(std::span<const findings::Image> images,
                                               std::span<const recipe::HeaderInput> inputs);

}  // namespace inferad::engine
