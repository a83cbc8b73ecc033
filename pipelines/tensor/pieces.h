// SPDX-License-Identifier: Apache-2.0
// Inside pipelines/tensor only: several operations on one large tensor without a trip to memory for each.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace inferad::tensor {

// The tensor as float32, or as it is when it is float32 or float64.
at::Tensor as_floating(const at::Tensor& data);

// An uninitialised contiguous tensor of `input`'s shape and device and the type `type`, after work(piece of it, piece
// of input) has been called for all its pieces. Pieces are one-dimensional and stay in the cache between the
// operations of `work`.
at::Tensor map_pieces(const at::Tensor& input, at::ScalarType type,
                      const std::function<void(at::Tensor& out, const at::Tensor& in)>& work);

}  // namespace inferad::tensor
