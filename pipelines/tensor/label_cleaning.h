// SPDX-License-Identifier: Apache-2.0
// Cleaning label maps by connected components, on tensors [channel, spatial axes] with up to three spatial axes. CUDA
// tensors are worked on in host memory. Errc::model: the tensor does not suit.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "server/base/result.h"

namespace inferad::tensor {

struct KeepLargest {
  std::vector<std::int64_t> labels;  // channels when one-hot; empty: all but 0
  std::optional<bool> one_hot;       // none: with more than one channel
  bool independent = true;           // each label by itself
  int connectivity = 0;              // steps along axes; 0: all axes
  std::size_t count = 1;             // of components; of equal ones the last is kept
};
Result<at::Tensor> keep_largest(const at::Tensor& data, const KeepLargest& how);

struct RemoveSmall {
  std::int64_t elements_min = 64;
  int connectivity = 1;
  bool independent_channels = true;  // MONAI's: channels are one more axis; labels above 1 count as objects
};
Result<at::Tensor> remove_small(const at::Tensor& data, const RemoveSmall& how);

// Fills what one label encloses, also other labels; ascending.
Result<at::Tensor> fill_holes(const at::Tensor& data, const std::vector<std::int64_t>& labels, int connectivity);

// All other values become 0.
at::Tensor filter_labels(const at::Tensor& data, const std::vector<std::int64_t>& labels);

// Zeroes components of non-zero elements that reach the first or last place of one of `axes`, which are spatial (0 is
// the first); empty: all.
Result<at::Tensor> clear_border(const at::Tensor& data, const std::vector<std::int64_t>& axes, int connectivity);

}  // namespace inferad::tensor
