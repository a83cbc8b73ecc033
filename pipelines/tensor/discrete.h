// SPDX-License-Identifier: Apache-2.0
// From a network's channels to labels.
#pragma once

#include <ATen/core/Tensor.h>

namespace inferad::tensor {

// The channel (axis 0) with the largest value, the first of equal ones; NaN counts as largest. The channel axis stays,
// with length 1. One pass over the memory, where at::argmax makes several.
at::Tensor argmax_channels(const at::Tensor& data, at::ScalarType type);

}  // namespace inferad::tensor
