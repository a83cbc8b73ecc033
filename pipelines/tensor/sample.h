// SPDX-License-Identifier: Apache-2.0
// What the transforms of a recipe work on: named tensors with their place in the world, as MONAI's dictionaries of
// MetaTensors. The headers of this folder show LibTorch's tensor: they are for pipelines/engine only.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/tensor/affine.h"

namespace inferad::tensor {

class Transform;

// One spatial step that was done: what undoing it needs.
struct Done {
  std::shared_ptr<const Transform> transform;
  std::vector<std::int64_t> shape_before;  // spatial axes only
  Affine affine_before;
  std::vector<std::int64_t> numbers;  // of the transform's own: pads, crop starts, …
};

struct Volume {
  at::Tensor data;  // [channel, i, j, k] or [channel, i, j]; dtype as MONAI's transform leaves it
  Affine affine = kIdentity;
  // Of data as it was loaded; none: no channel axis yet. What EnsureChannelFirst goes by when it names no axis.
  std::optional<std::int64_t> channel_axis = 0;
  std::vector<Done> done = {};  // in order; what Invert replays backwards
};

using Sample = std::map<std::string, Volume>;

}  // namespace inferad::tensor
