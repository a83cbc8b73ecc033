// SPDX-License-Identifier: Apache-2.0
// Functions of a recipe (`lambda x: …`) on tensors, as Python and torch evaluate them. Inside pipelines/tensor only.
#pragma once

#include <ATen/core/Tensor.h>

#include "pipelines/recipe/value.h"
#include "server/base/result.h"

namespace inferad::tensor {

// Errc::model: the tensor does not suit the function (an axis it does not have); c10 errors are thrown through.
Result<at::Tensor> call(const recipe::Function& function, const at::Tensor& argument);

}  // namespace inferad::tensor
