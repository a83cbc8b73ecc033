// SPDX-License-Identifier: Apache-2.0
// What a network answered, after postprocessing, as values of the source's grid or as numbers. Shows LibTorch's tensor:
// for the engine's own files only.
#pragma once

#include <cstdint>
#include <vector>

#include "pipelines/engine/detections.h"
#include "pipelines/findings/image.h"
#include "pipelines/tensor/sample.h"
#include "server/base/result.h"

namespace inferad::engine {

// Errc::model: it lies on another grid, or holds values that are no numbers; of labels, outside 0 to 255.
Result<findings::LabelMap> label_map_of(const at::Tensor& prediction, const findings::Geometry& geometry);
Result<std::vector<float>> voxels_of(const at::Tensor& prediction, const findings::Geometry& geometry);

// Of a tensor of bytes.
Result<std::vector<std::uint8_t>> bytes_of(const at::Tensor& fractions, const findings::Geometry& geometry);

std::vector<double> numbers_of(const at::Tensor& prediction);

// Adds an answer of the network to a sum, whose first it may be. Errc::model: answers have no mean, they are whole
// numbers or differ in shape.
Status add_answer(const at::Tensor& answer, at::Tensor& sum);

// The way back of an affine (RAS+): from voxels of the network's input to DICOM's patient coordinates.
ToPatient to_patient_of(const tensor::Affine& affine);

}  // namespace inferad::engine
