// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/model_pipeline.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <torch/script.h>

#include <cmath>
#include <new>
#include <sstream>
#include <utility>

#include "pipelines/engine/operator_scan.h"
#include "pipelines/engine/presentation.h"
#include "pipelines/engine/script_detections.h"
#include "pipelines/engine/torch_errors.h"
#include "pipelines/tensor/inferer.h"
#include "pipelines/tensor/transform.h"

namespace inferad::engine {

namespace {

using tensor::Affine;
using tensor::Sample;

constexpr const char* kPrediction = "pred";

// DICOM's patient coordinates (LPS) to those of the transforms (RAS): the first two rows change sign.
Affine affine_of(const findings::Geometry& geometry) {
  Affine affine = tensor::kIdentity;
  const std::array<const findings::Vec3*, 3> directions = {&geometry.column_direction, &geometry.row_direction,
                                                           &geometry.slice_direction};
  for (std::size_t row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1 : 1;
    for (std::size_t axis = 0; axis < 3; ++axis)
      affine[row][axis] = sign * (*directions[axis])[row] * geometry.spacing[axis];
    affine[row][3] = sign * geometry.origin[row];
  }
  return affine;
}

// The voxels as [1, column, row, slice], without a copy; a projection image as [1, column, row].
at::Tensor view_of(std::vector<float>& voxels, const findings::Geometry& geometry, int dimensions) {
  const std::int64_t columns = geometry.columns, rows = geometry.rows, slices = geometry.slices;
  if (dimensions == 2) return torch::from_blob(voxels.data(), {1, columns, rows}, {columns * rows, 1, columns});
  return torch::from_blob(voxels.data(), {1, columns, rows, slices},
                          {columns * rows * slices, 1, columns, columns * rows});
}

// The input as the recipe's first step expects it.
std::vector<float> input_values(const findings::Image& image, const recipe::Input& input) {
  auto values = image.voxels;
  auto grey = image.grey;
  if (!input.invert_monochrome1) grey.inverted = false;
  if (image.projection && input.values == recipe::Input::Values::window) {
    to_presentation(values, grey);
  } else if (image.projection) {
    turn_inverted(values, grey);
  }
  return values;
}

Result<findings::LabelMap> label_map_of(const at::Tensor& prediction, const findings::Geometry& geometry) {
  const std::int64_t columns = geometry.columns, rows = geometry.rows, slices = geometry.slices;
  const auto sizes = prediction.sizes();
  const bool flat = slices == 1 && sizes == at::IntArrayRef({1, columns, rows});
  if (!flat && sizes != at::IntArrayRef({1, columns, rows, slices})) {
    return Error{Errc::model, fmt::format("the label map after postprocessing has shape {}, the image {} x {} x {}: "
                                          "does the recipe end in Invert and AsDiscrete?",
                                          fmt::streamed(sizes), columns, rows, slices)};
  }
  const auto values = prediction.to(at::kCPU).view({columns, rows, slices});
  if (values.is_floating_point() && !values.isfinite().all().item<bool>())
    return Error{Errc::model, "the label map holds values that are no numbers"};
  if (values.lt(0).any().item<bool>() || values.gt(255).any().item<bool>())
    return Error{Errc::model, "the label map holds values outside 0 to 255"};
  const auto bytes = values.permute({2, 1, 0}).to(at::kByte).contiguous();  // columns fastest
  const auto* begin = bytes.data_ptr<std::uint8_t>();
  return findings::LabelMap{geometry.columns, geometry.rows, geometry.slices, {begin, begin + bytes.numel()}};
}

// A sum is no number when one of its terms is none: one pass, no copy. Infinities of both signs need a second look.
bool holds_nan(const at::Tensor& values) {
  if (!values.is_floating_point() || !std::isnan(values.sum().item<double>())) return false;
  return values.isnan().any().item<bool>();
}

std::vector<double> numbers_of(const at::Tensor& prediction) {
  const auto row = prediction.to(at::kCPU, at::kDouble).flatten().contiguous();
  return {row.data_ptr<double>(), row.data_ptr<double>() + row.numel()};
}

// Undefined when the pipeline asks for no values of the header.
at::Tensor header_of(std::span<const float> numbers) {
  if (numbers.empty()) return {};
  return torch::tensor(c10::ArrayRef<float>(numbers.data(), numbers.size()));
}

// Nothing of it runs before it was scanned. `who` begins the sentence when it is refused.
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

// The way back of affine_of: from voxels of the network's input to DICOM's patient coordinates.
ToPatient to_patient_of(const Affine& affine) {
  ToPatient map{};
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 4; ++column) map[row][column] = (row < 2 ? -1 : 1) * affine[row][column];
  return map;
}

}  // namespace

struct ModelPipeline::Impl {
  recipe::PipelineFile pipeline;
  recipe::ModelFile model;
  mutable torch::jit::Module module;
  torch::Device device;
  tensor::Chain before, after;
  tensor::Inferer inferer;

  // forward(batch), or with values of the header forward(batch, [batch, numbers]).
  c10::IValue forward(const at::Tensor& batch, const at::Tensor& header) const {
    if (!header.defined()) return module.forward({batch.to(device)});
    return module.forward({batch.to(device), header.expand({batch.size(0), header.numel()}).to(device)});
  }

  at::Tensor call(const at::Tensor& batch, const at::Tensor& header) const {
    const auto answer = forward(batch, header);
    if (answer.isTensor()) return answer.toTensor();
    if (answer.isTuple() && !answer.toTupleRef().elements().empty() && answer.toTupleRef().elements()[0].isTensor())
      return answer.toTupleRef().elements()[0].toTensor();
    throw std::runtime_error("it gave no tensor");
  }

  Result<ModelOutput> detect(const recipe::Detection& detection, at::Tensor batch, const at::Tensor& header,
                             const Affine& affine, const std::function<void(double)>& progress) const {
    if (batch.dim() != pipeline.input.dimensions + 2)
      return Error{Errc::model, fmt::format("the preprocessed image has {} axes", batch.dim() - 2)};
    if (detection.zyx)
      batch = (batch.dim() == 4 ? batch.permute({0, 1, 3, 2}) : batch.permute({0, 1, 4, 3, 2})).contiguous();
    ModelOutput output;
    INFERAD_TRY(output.candidates.all, candidates_of(forward(batch, header), detection, pipeline.input.dimensions));
    output.candidates.to_patient = to_patient_of(affine);
    progress(1);
    return output;
  }

  Result<ModelOutput> analyse(const findings::Image& image, std::span<const float> numbers,
                              const std::function<void(double)>& progress) const {
    const c10::InferenceMode inference;
    auto values = input_values(image, pipeline.input);
    const auto header = header_of(numbers);
    Sample sample;
    auto& input = sample[pipeline.recipe.image_key];
    input.data = view_of(values, image.geometry, pipeline.input.dimensions);
    input.affine = affine_of(image.geometry);
    INFERAD_TRY_STATUS(tensor::apply(before, sample));
    const auto batch = sample.at(pipeline.recipe.image_key).data.unsqueeze(0);
    if (const auto* detection = std::get_if<recipe::Detection>(&pipeline.output))
      return detect(*detection, batch, header, sample.at(pipeline.recipe.image_key).affine, progress);
    INFERAD_TRY(auto answer, tensor::infer(
                                 inferer, batch, [&](const at::Tensor& each) { return call(each, header); },
                                 [&](double fraction) { progress(0.9 * fraction); }));
    if (answer.dim() == 0 || answer.size(0) != 1)
      return Error{Errc::model, fmt::format("model {} did not keep the batch axis", model.name)};
    if (holds_nan(answer))  // before an argmax or a threshold makes labels of it
      return Error{Errc::model, fmt::format("model {} gave values that are no numbers (NaN)", model.name)};
    auto& prediction = sample[kPrediction];
    prediction = sample.at(pipeline.recipe.image_key);  // its place in the world, and what Invert undoes
    prediction.data = answer.squeeze(0);
    INFERAD_TRY_STATUS(tensor::apply(after, sample));
    const auto& result = sample.at(kPrediction).data;
    ModelOutput output;
    if (std::holds_alternative<recipe::Segmentation>(pipeline.output)) {
      INFERAD_TRY(output.labels, label_map_of(result, image.geometry));
    } else {
      output.numbers = numbers_of(result);
    }
    progress(1);
    return output;
  }
};

ModelPipeline::ModelPipeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ModelPipeline::ModelPipeline(ModelPipeline&&) noexcept = default;
ModelPipeline& ModelPipeline::operator=(ModelPipeline&&) noexcept = default;
ModelPipeline::~ModelPipeline() = default;

const recipe::PipelineFile& ModelPipeline::pipeline() const { return impl_->pipeline; }
const recipe::ModelFile& ModelPipeline::model() const { return impl_->model; }

Result<ModelPipeline> ModelPipeline::load(recipe::PipelineFile pipeline, recipe::ModelFile model, std::string weights,
                                          const std::string& device) {
  INFERAD_TRY(auto before, tensor::make_chain(pipeline.recipe.preprocessing));
  INFERAD_TRY(auto after, tensor::make_chain(pipeline.recipe.postprocessing, true));
  INFERAD_TRY(auto inferer, tensor::make_inferer(pipeline.recipe.inferer));
  std::unique_ptr<Impl> impl;
  const auto who = fmt::format("model {} ({})", model.name, (model.folder / model.file).string());
  const auto loaded = guarded(who, [&]() -> Status {
    const torch::Device target(device);
    INFERAD_TRY(auto module, load_module(std::move(weights), model.format, target, who));
    impl = std::make_unique<Impl>(Impl{std::move(pipeline), std::move(model), std::move(module), target,
                                       std::move(before), std::move(after), std::move(inferer)});
    return ok();
  });
  if (!loaded) return loaded.error();
  return ModelPipeline(std::move(impl));
}

Result<ModelOutput> ModelPipeline::run(const findings::Image& image, std::span<const float> header,
                                       const std::function<void(double)>& progress) const {
  ModelOutput output;
  INFERAD_TRY_STATUS(guarded(fmt::format("model {}", impl_->model.name), [&]() -> Status {
    INFERAD_TRY(output, impl_->analyse(image, header, progress));
    return ok();
  }));
  return output;
}

}  // namespace inferad::engine
