// SPDX-License-Identifier: Apache-2.0
// What the values of an image must look like for a model to know it. Plain values; what is absent asks for nothing.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "pipelines/recipe/range.h"

namespace inferad::recipe {

// Statistics of the image's values as `input` of pipeline.json gives them (Hounsfield units for CT), before any step.
struct Intensity {
  std::optional<double> above;  // only of the values above this: without the air around the patient
  Range mean, standard_deviation;
  std::vector<std::pair<double, Range>> percentiles;  // percent, range of the value
  bool refuse = true;                                 // an image outside is not analysed; else it is with a remark

  bool is_open() const { return mean.is_open() && standard_deviation.is_open() && percentiles.empty(); }
};

}  // namespace inferad::recipe
