// SPDX-License-Identifier: Apache-2.0
// Several answers of one pipeline (recipe/uncertainty.h) as numbers: their mean and how far they lie apart. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "pipelines/findings/image.h"
#include "pipelines/recipe/pipeline_file.h"
#include "server/base/result.h"

namespace inferad::engine {

// Of each answer: the numbers of the model, or of a segmentation those of PipelineFile::measurements, NaN where there
// was nothing to measure.
using Members = std::vector<std::vector<double>>;

std::vector<double> measurements_of(const recipe::PipelineFile& pipeline, const findings::Image& image,
                                    const findings::LabelMap& map, int threads);

// Number by number. Errc::model: the answers are not equally long.
Result<std::vector<double>> mean_of(const Members& members);

// The root of the mean square distance to the mean, as numpy.std; nullopt: fewer than two values, or one is no number.
std::optional<double> deviation_of(std::span<const double> values);

}  // namespace inferad::engine
