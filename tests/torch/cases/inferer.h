// SPDX-License-Identifier: Apache-2.0
// The part of a golden case that needs TorchScript. Throws std::runtime_error, c10::Error.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>

#include "pipelines/recipe/recipe.h"

namespace inferad::cases {

using Network = std::function<at::Tensor(const at::Tensor&)>;

Network load_network(const std::filesystem::path& file);
at::Tensor apply_inferer(const recipe::Step& inferer, const at::Tensor& batch, const Network& network);

}  // namespace inferad::cases
