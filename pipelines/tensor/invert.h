// SPDX-License-Identifier: Apache-2.0
// What was done to an image is undone on the model's output, the last step first.
#pragma once

#include <memory>

#include "pipelines/tensor/transform.h"

namespace inferad::tensor {

// `prediction` must have the present spatial shape of `original`; the result has the shape and affine that `original`
// had before the first of its recorded steps. `nearest`: resample by nearest neighbour whatever the mode was.
Result<Volume> invert(Volume prediction, const Volume& original, bool nearest);

// The channel with the largest value of invert(prediction, original, false), the first of equal ones: [1, axes], uint8.
// Where only one step resamples, the channels are not made on the original's grid. At most 256 channels.
Result<Volume> invert_argmax(Volume prediction, const Volume& original);

// invert(prediction, original, false) of one channel with values from 0 to 1, in 255ths: [1, axes], uint8.
Result<Volume> invert_fractions(Volume prediction, const Volume& original);

// Invert by interpolation, then AsDiscrete with argmax alone: both at once, on one entry. MONAI's labels are float32.
bool is_invert_argmax(const recipe::Step& invert, const recipe::Step& as_discrete);
std::shared_ptr<const Transform> make_invert_argmax(const recipe::Step& invert, bool byte_labels);

}  // namespace inferad::tensor
