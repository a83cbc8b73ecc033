// SPDX-License-Identifier: Apache-2.0
// Numbers over the voxels of a segmentation, as pipeline.json asks for them (recipe/pipeline_file.h). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/pipeline_file.h"

namespace inferad::engine {

// Over all voxels of the map with one of the `numbers`; intensities are the image's. Volumes count as 0 without any
// voxel; everything else has no value then: nullopt. Padding (Image::padding) has a volume and no intensity.
std::optional<double> measured(const recipe::MeasurementSpec& spec, const findings::Image& image,
                               const findings::LabelMap& map, std::span<const std::uint8_t> numbers, int threads);

// The same as an entry of a report. Intensities are Hounsfield units when the modality is CT, else without a unit.
findings::Measurement as_measurement(const recipe::MeasurementSpec& spec, double value, std::string_view modality);

// Linear between order statistics, as numpy.percentile; `values` are not empty.
double percentile_of(std::vector<float> values, double percent);

}  // namespace inferad::engine
