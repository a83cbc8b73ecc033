// SPDX-License-Identifier: Apache-2.0
// What a detector's forward() gave, as candidates. Internal to engine/; no LibTorch in this header.
#pragma once

#include <vector>

#include "pipelines/engine/detections.h"
#include "pipelines/recipe/detection.h"
#include "server/base/result.h"

namespace c10 {
struct IValue;
}

namespace inferad::engine {

// `dimensions` 2 or 3. Errc::model: not the tensors that recipe::Detection describes, values that are no numbers, a
// probability outside 0 to 1, a box whose upper corner lies below the lower one.
Result<std::vector<Candidate>> candidates_of(const c10::IValue& answer, const recipe::Detection& detection,
                                             int dimensions);

}  // namespace inferad::engine
