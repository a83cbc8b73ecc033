// SPDX-License-Identifier: Apache-2.0
// Numeric core of the intensity transforms: whole tensors, any number of axes.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace inferad::tensor {

// (v - from) / span, times out_span plus out_min, clamped; in the tensor's floating type, result of type `type`.
// Without `span` (zero) only the shift is done.
struct Rescale {
  double from = 0, span = 1;
  std::optional<double> out_span;  // none: no second step
  double out_min = 0;
  std::optional<double> clamp_min, clamp_max;
};
at::Tensor rescale(const at::Tensor& data, const Rescale& how, at::ScalarType type);

struct Moments {
  double mean = 0, deviation = 0;  // population's
  std::int64_t count = 0;
};
// Over all elements, or those that are not zero.
Moments moments(const at::Tensor& data, bool nonzero);

}  // namespace inferad::tensor
