// SPDX-License-Identifier: Apache-2.0
#include "tests/torch/cases/inferer.h"

#include <torch/script.h>

#include <memory>
#include <stdexcept>

#include "pipelines/tensor/inferer.h"

namespace inferad::cases {

Network load_network(const std::filesystem::path& file) {
  auto module = std::make_shared<torch::jit::Module>(torch::jit::load(file.string()));
  module->eval();
  return [module](const at::Tensor& batch) { return module->forward({batch}).toTensor(); };
}

at::Tensor apply_inferer(const recipe::Step& step, const at::Tensor& batch, const Network& network) {
  const auto inferer = tensor::make_inferer(step);
  if (!inferer) throw std::runtime_error(inferer.error().what);
  const auto result = tensor::infer(*inferer, batch, network);
  if (!result) throw std::runtime_error(result.error().what);
  return *result;
}

}  // namespace inferad::cases
