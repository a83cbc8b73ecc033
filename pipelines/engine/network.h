// SPDX-License-Identifier: Apache-2.0
// The TorchScript module of a model on its device, in the precision that model.json asks for. Shows LibTorch's tensor:
// for the engine's own files only. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipelines/recipe/model_file.h"
#include "pipelines/tensor/sample.h"
#include "server/base/result.h"

namespace c10 {
struct IValue;
}

namespace inferad::engine {

class Network {
 public:
  // `weights` are the model's bytes, already checked against their hash. Errc::model: they are no TorchScript;
  // Errc::refused: they hold code that models may not have (operator_scan.h). Nothing of the model runs here.
  static Result<Network> load(const recipe::ModelFile& model, std::string weights, const std::string& device);
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  // forward of the images, then values of the header, [1, numbers], for each of their batch where `header` is defined.
  // LibTorch's exceptions are thrown through, here and in call() (torch_errors.h).
  c10::IValue forward(std::span<const at::Tensor> images, const at::Tensor& header) const;
  // The one tensor that forward gives, or the first of several; float32 where the network computes in less.
  at::Tensor call(std::span<const at::Tensor> images, const at::Tensor& header) const;
  // How the sum of these scores of all images of a batch changes with each of its values; the answer of call() holds
  // the scores of an image. Errc::refused: the network gives no gradient.
  Result<at::Tensor> gradient(const at::Tensor& batch, const at::Tensor& header,
                              const std::vector<std::size_t>& scores) const;
  // Errc::model: an answer to `batch` images without their batch axis, or with values that are no numbers.
  Status check(const at::Tensor& answer, std::int64_t batch) const;

 private:
  struct Impl;
  explicit Network(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether a floating-point value is no number.
bool holds_nan(const at::Tensor& values);

}  // namespace inferad::engine
