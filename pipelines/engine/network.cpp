// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/network.h"

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/script.h>

#include <cmath>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "pipelines/engine/operator_scan.h"
#include "pipelines/engine/torch_errors.h"

namespace inferad::engine {

namespace {

using recipe::Precision;

// `who` begins the sentence when it is refused.
Result<torch::jit::Module> load_module(std::string weights, recipe::ModelFormat format, torch::Device device,
                                       const std::string& who) {
  torch::jit::Module module("inferad_model");
  if (format == recipe::ModelFormat::torchscript_source) {
    module.define(weights);
  } else {
    std::istringstream stream(std::move(weights));
    INFERAD_TRY_STATUS(scan_archive(stream, who));
    module = torch::jit::load(stream, device);
  }
  INFERAD_TRY_STATUS(scan_operators(module, who));
  if (!module.find_method("forward")) return Error{Errc::model, fmt::format("{} has no forward", who)};
  module.eval();
  return module;
}

at::Tensor tensor_of(const c10::IValue& answer) {
  if (answer.isTensor()) return answer.toTensor();
  if (answer.isTuple() && !answer.toTupleRef().elements().empty() && answer.toTupleRef().elements()[0].isTensor())
    return answer.toTupleRef().elements()[0].toTensor();
  throw std::runtime_error("it gave no tensor");
}

}  // namespace

struct Network::Impl {
  std::string name;
  torch::Device device;
  Precision precision;
  bool optimized;
  mutable torch::jit::Module module;

  at::Tensor given(const at::Tensor& values) const {
    const bool reduced = precision == Precision::bfloat16 && values.is_floating_point();
    return reduced ? values.to(device, at::kBFloat16) : values.to(device);
  }
};

Network::Network(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

Result<Network> Network::load(const recipe::ModelFile& model, std::string weights, const std::string& device) {
  const auto who = fmt::format("model {} ({})", model.name, (model.folder / model.file).string());
  std::unique_ptr<Impl> impl;
  INFERAD_TRY_STATUS(guarded(who, [&]() -> Status {
    const torch::Device target(device);
    INFERAD_TRY(auto module, load_module(std::move(weights), model.format, target, who));
    // Not autocast, which would cast the weights anew in each call.
    if (model.precision == Precision::bfloat16) module.to(at::kBFloat16);
    if (model.optimize_for_inference) module = torch::jit::optimize_for_inference(module);
    impl = std::make_unique<Impl>(
        Impl{model.name, target, model.precision, model.optimize_for_inference, std::move(module)});
    return ok();
  }));
  return Network(std::move(impl));
}

c10::IValue Network::forward(std::span<const at::Tensor> images, const at::Tensor& header) const {
  std::vector<c10::IValue> arguments;
  for (const auto& image : images) arguments.emplace_back(impl_->given(image));
  if (header.defined()) arguments.emplace_back(impl_->given(header.expand({images.front().size(0), header.size(1)})));
  return impl_->module.forward(std::move(arguments));
}

at::Tensor Network::call(std::span<const at::Tensor> images, const at::Tensor& header) const {
  auto answer = tensor_of(forward(images, header));
  const bool reduced = impl_->precision == Precision::bfloat16 && answer.scalar_type() == at::kBFloat16;
  return reduced ? answer.to(at::kFloat) : answer;
}

// Tensors of the inference mode have no gradient: what the network is shown here are copies of them.
Result<at::Tensor> Network::gradient(const at::Tensor& batch, const at::Tensor& header,
                                     const std::vector<std::size_t>& scores) const {
  const c10::InferenceMode no_inference(false);
  const c10::AutoGradMode gradients(true);
  const auto images = batch.clone().requires_grad_(true);
  const auto answer = call(std::span(&images, 1), header.defined() ? header.clone() : header);
  INFERAD_TRY_STATUS(check(answer, batch.size(0)));
  std::vector<at::Tensor> found(1);
  if (answer.requires_grad()) {
    const auto table = answer.flatten(1);
    auto sum = at::zeros({}, table.options());
    for (const auto index : scores) sum = sum + table.select(1, static_cast<std::int64_t>(index)).sum();
    found = torch::autograd::grad({sum}, {images}, {}, c10::nullopt, false, true);
  }
  if (found.front().defined()) return found.front();
  return Error{Errc::refused, fmt::format("model {} gives no gradient: set \"method\": \"occlusion\"{}", impl_->name,
                                          impl_->optimized ? ", or leave out \"optimize_for_inference\"" : "")};
}

Status Network::check(const at::Tensor& answer, std::int64_t batch) const {
  if (answer.dim() == 0 || answer.size(0) != batch)
    return Error{Errc::model, fmt::format("model {} did not keep the batch axis", impl_->name)};
  if (holds_nan(answer))
    return Error{Errc::model, fmt::format("model {} gave values that are no numbers (NaN)", impl_->name)};
  return ok();
}

// A sum is no number when one of its terms is none: one pass, no copy. Infinities of both signs need a second look.
bool holds_nan(const at::Tensor& values) {
  if (!values.is_floating_point() || !std::isnan(values.sum().item<double>())) return false;
  return values.isnan().any().item<bool>();
}

}  // namespace inferad::engine
