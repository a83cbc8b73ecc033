// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/model_pipeline.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <torch/script.h>

#include <cmath>
#include <new>
#include <sstream>
#include <utility>

#include "pipelines/engine/model_input.h"
#include "pipelines/engine/operator_scan.h"
#include "pipelines/engine/script_detections.h"
#include "pipelines/engine/torch_errors.h"
#include "pipelines/tensor/inferer.h"
#include "pipelines/tensor/transform.h"

namespace inferad::engine {

namespace {

using tensor::Affine;

constexpr const char* kPrediction = "pred";

Result<findings::LabelMap> label_map_of(const at::Tensor& prediction, const findings::Geometry& geometry) {
  const std::int64_t columns = geometry.columns, rows = geometry.rows, slices = geometry.slices;
  const auto sizes = prediction.sizes();
  const bool flat = slices == 1 && sizes == at::IntArrayRef({1, columns, rows});
  if (!flat && sizes != at::IntArrayRef({1, columns, rows, slices})) {
    return Error{Errc::model, fmt::format("the label map after postprocessing has shape {}, the image {} x {} x {}: "
                                          "does the recipe end in Invert and AsDiscrete?",
                                          fmt::streamed(sizes), columns, rows, slices)};
  }
  const auto values = prediction.to(at::kCPU).view({columns, rows, slices}).permute({2, 1, 0});  // columns fastest
  if (values.scalar_type() != at::kByte) {
    const auto [least, most] = at::aminmax(values);  // NaN when a value is
    if (values.is_floating_point() && !(std::isfinite(least.item<double>()) && std::isfinite(most.item<double>())))
      return Error{Errc::model, "the label map holds values that are no numbers"};
    if (least.item<double>() < 0 || most.item<double>() > 255)
      return Error{Errc::model, "the label map holds values outside 0 to 255"};
  }
  findings::LabelMap map{geometry.columns, geometry.rows, geometry.slices, {}};
  map.labels.resize(static_cast<std::size_t>(values.numel()));
  torch::from_blob(map.labels.data(), {slices, rows, columns}, at::kByte).copy_(values);
  return map;
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

// The way back of the input's affine: from voxels of the network's input to DICOM's patient coordinates.
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

  // forward of the images, then values of the header as [batch, numbers] where the pipeline asks for them.
  c10::IValue forward(std::span<const at::Tensor> images, const at::Tensor& header) const {
    std::vector<c10::IValue> arguments;
    for (const auto& image : images) arguments.emplace_back(image.to(device));
    if (header.defined()) arguments.emplace_back(header.expand({images.front().size(0), header.size(1)}).to(device));
    return module.forward(std::move(arguments));
  }

  at::Tensor call(std::span<const at::Tensor> images, const at::Tensor& header) const {
    const auto answer = forward(images, header);
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
    INFERAD_TRY(output.candidates.all,
                candidates_of(forward(std::span(&batch, 1), header), detection, pipeline.input.dimensions));
    output.candidates.to_patient = to_patient_of(affine);
    progress(1);
    return output;
  }

  // The entry pred of an image after postprocessing; `answer` is what the network gave for it, without a batch axis.
  Result<at::Tensor> postprocessed(tensor::Sample& sample, const at::Tensor& answer) const {
    auto& prediction = sample[kPrediction];
    prediction = sample.at(pipeline.recipe.image_key);  // its place in the world, and what Invert undoes
    prediction.data = answer;
    INFERAD_TRY_STATUS(tensor::apply(after, sample));
    return sample.at(kPrediction).data;
  }

  // Before an argmax or a threshold makes labels of it.
  Status check_answer(const at::Tensor& answer, std::int64_t batch) const {
    if (answer.dim() == 0 || answer.size(0) != batch)
      return Error{Errc::model, fmt::format("model {} did not keep the batch axis", model.name)};
    if (holds_nan(answer))
      return Error{Errc::model, fmt::format("model {} gave values that are no numbers (NaN)", model.name)};
    return ok();
  }

  // Images that the network is shown together.
  Result<ModelOutput> analyse_several(std::vector<Prepared> images, const at::Tensor& header) const {
    INFERAD_TRY(const auto arguments, arguments_of(images, pipeline));
    const auto answer = call(arguments, header);
    INFERAD_TRY_STATUS(check_answer(answer, arguments.front().size(0)));
    ModelOutput output;
    for (std::int64_t i = 0; i < answer.size(0); ++i) {
      INFERAD_TRY(const auto result, postprocessed(images[static_cast<std::size_t>(i)].sample, answer[i]));
      const auto numbers = numbers_of(result);
      output.numbers.insert(output.numbers.end(), numbers.begin(), numbers.end());
    }
    return output;
  }

  Result<ModelOutput> analyse(std::span<const findings::Image> images, std::span<const float> numbers,
                              const std::function<void(double)>& progress) const {
    const c10::InferenceMode inference;
    const auto header = header_of(numbers);
    std::vector<Prepared> prepared;
    for (const auto& image : images) {
      INFERAD_TRY(auto each, prepare(image, pipeline, before));
      prepared.push_back(std::move(each));
    }
    if (prepared.size() > 1) return analyse_several(std::move(prepared), header);
    auto& sample = prepared.front().sample;
    const auto batch = sample.at(pipeline.recipe.image_key).data.unsqueeze(0);
    if (const auto* detection = std::get_if<recipe::Detection>(&pipeline.output))
      return detect(*detection, batch, header, sample.at(pipeline.recipe.image_key).affine, progress);
    INFERAD_TRY(const auto answer,
                tensor::infer(
                    inferer, batch, [&](const at::Tensor& each) { return call(std::span(&each, 1), header); },
                    [&](double fraction) { progress(0.9 * fraction); }));
    INFERAD_TRY_STATUS(check_answer(answer, 1));
    INFERAD_TRY(const auto result, postprocessed(sample, answer.squeeze(0)));
    ModelOutput output;
    if (std::holds_alternative<recipe::Segmentation>(pipeline.output)) {
      INFERAD_TRY(output.labels, label_map_of(result, images.front().geometry));
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

Result<ModelOutput> ModelPipeline::run(std::span<const findings::Image> images, std::span<const float> header,
                                       const std::function<void(double)>& progress) const {
  ModelOutput output;
  INFERAD_TRY_STATUS(guarded(fmt::format("model {}", impl_->model.name), [&]() -> Status {
    INFERAD_TRY(output, impl_->analyse(images, header, progress));
    return ok();
  }));
  return output;
}

}  // namespace inferad::engine
