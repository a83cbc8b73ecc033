// SPDX-License-Identifier: Apache-2.0
// Quantiles of all elements of a tensor in the two definitions that models were trained with. Exact: order statistics
// by counting (no sort), linear interpolation between the two neighbours. NaN among the elements gives NaN.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace inferad::tensor {

// As numpy.quantile: rank and interpolation in float64, the difference of the neighbours in the tensor's own type.
// Integers count as float64. `fractions` in [0, 1]; the tensor must have elements.
std::vector<double> numpy_quantiles(const at::Tensor& data, const std::vector<double>& fractions);

// As torch.quantile: rank and interpolation in the tensor's type; integers count as float32.
std::vector<double> torch_quantiles(const at::Tensor& data, const std::vector<double>& fractions);

// As MONAI's percentile: torch's up to a million elements, else numpy's rounded to the tensor's type. In [0, 100].
std::vector<double> monai_percentiles(const at::Tensor& data, const std::vector<double>& percents);

}  // namespace inferad::tensor
