// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/model_pipeline.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <torch/script.h>

#include <cmath>
#include <optional>
#include <sstream>
#include <utility>

#include "pipelines/engine/members.h"
#include "pipelines/engine/model_input.h"
#include "pipelines/engine/occlusion.h"
#include "pipelines/engine/operator_scan.h"
#include "pipelines/engine/script_detections.h"
#include "pipelines/engine/torch_errors.h"
#include "pipelines/tensor/inferer.h"
#include "pipelines/tensor/transform.h"

namespace inferad::engine {

namespace {

using tensor::Affine;

constexpr const char* kPrediction = "pred";

// What comes back on the grid of the source, as [slice, row, column]; `what` begins the sentence if it does not.
Result<at::Tensor> on_grid(const at::Tensor& prediction, const findings::Geometry& geometry, const char* what) {
  const std::int64_t columns = geometry.columns, rows = geometry.rows, slices = geometry.slices;
  const auto sizes = prediction.sizes();
  const bool flat = slices == 1 && sizes == at::IntArrayRef({1, columns, rows});
  if (flat || sizes == at::IntArrayRef({1, columns, rows, slices}))
    return prediction.to(at::kCPU).view({columns, rows, slices}).permute({2, 1, 0});  // columns fastest
  return Error{Errc::model, fmt::format("{} after postprocessing has shape {}, the image {} x {} x {}: does the recipe "
                                        "end in Invert, and for labels in AsDiscrete?",
                                        what, fmt::streamed(sizes), columns, rows, slices)};
}

// The smallest and the largest value.
Result<std::pair<double, double>> span_of(const at::Tensor& values, const char* what) {
  const auto [least, most] = at::aminmax(values);  // NaN when a value is
  const std::pair span(least.item<double>(), most.item<double>());
  if (std::isfinite(span.first) && std::isfinite(span.second)) return span;
  return Error{Errc::model, fmt::format("{} holds values that are no numbers", what)};
}

Result<findings::LabelMap> label_map_of(const at::Tensor& prediction, const findings::Geometry& geometry) {
  constexpr const char* kWhat = "the label map";
  INFERAD_TRY(const auto values, on_grid(prediction, geometry, kWhat));
  if (values.scalar_type() != at::kByte) {
    INFERAD_TRY(const auto span, span_of(values, kWhat));
    if (span.first < 0 || span.second > 255)
      return Error{Errc::model, fmt::format("{} holds values outside 0 to 255", kWhat)};
  }
  findings::LabelMap map{geometry.columns, geometry.rows, geometry.slices, {}};
  map.labels.resize(static_cast<std::size_t>(values.numel()));
  torch::from_blob(map.labels.data(), values.sizes(), at::kByte).copy_(values);
  return map;
}

Result<std::vector<float>> voxels_of(const at::Tensor& prediction, const findings::Geometry& geometry) {
  constexpr const char* kWhat = "the image";
  INFERAD_TRY(const auto values, on_grid(prediction, geometry, kWhat));
  if (const auto span = span_of(values, kWhat); !span) return span.error();
  std::vector<float> voxels(static_cast<std::size_t>(values.numel()));
  torch::from_blob(voxels.data(), values.sizes(), at::kFloat).copy_(values);
  return voxels;
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

// Turned around along spatial axes; [1, channels, axes].
at::Tensor turned(const at::Tensor& values, const recipe::Mirror& mirror) {
  std::vector<std::int64_t> axes;
  for (std::size_t axis = 0; axis < mirror.size(); ++axis)
    if (mirror[axis]) axes.push_back(static_cast<std::int64_t>(axis) + 2);
  return axes.empty() ? values : values.flip(axes);
}

}  // namespace

struct ModelPipeline::Impl {
  recipe::PipelineFile pipeline;
  std::vector<recipe::ModelFile> models;
  mutable std::vector<torch::jit::Module> modules;  // as models
  torch::Device device;
  tensor::Chain before, after;
  tensor::Inferer inferer;

  // forward of the images, then values of the header as [batch, numbers] where the pipeline asks for them.
  c10::IValue forward(std::size_t model, std::span<const at::Tensor> images, const at::Tensor& header) const {
    std::vector<c10::IValue> arguments;
    for (const auto& image : images) arguments.emplace_back(image.to(device));
    if (header.defined()) arguments.emplace_back(header.expand({images.front().size(0), header.size(1)}).to(device));
    return modules[model].forward(std::move(arguments));
  }

  at::Tensor call(std::size_t model, std::span<const at::Tensor> images, const at::Tensor& header) const {
    const auto answer = forward(model, images, header);
    if (answer.isTensor()) return answer.toTensor();
    if (answer.isTuple() && !answer.toTupleRef().elements().empty() && answer.toTupleRef().elements()[0].isTensor())
      return answer.toTupleRef().elements()[0].toTensor();
    throw std::runtime_error("it gave no tensor");
  }

  Result<ModelOutput> detect(const recipe::Detection& detection, at::Tensor batch, const at::Tensor& header,
                             const Affine& affine) const {
    if (batch.dim() != pipeline.input.dimensions + 2)
      return Error{Errc::model, fmt::format("the preprocessed image has {} axes", batch.dim() - 2)};
    if (detection.zyx)
      batch = (batch.dim() == 4 ? batch.permute({0, 1, 3, 2}) : batch.permute({0, 1, 4, 3, 2})).contiguous();
    ModelOutput output;
    INFERAD_TRY(output.candidates.all,
                candidates_of(forward(0, std::span(&batch, 1), header), detection, pipeline.input.dimensions));
    output.candidates.to_patient = to_patient_of(affine);
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
  Status check_answer(std::size_t model, const at::Tensor& answer, std::int64_t batch) const {
    const auto& name = models[model].name;
    if (answer.dim() == 0 || answer.size(0) != batch)
      return Error{Errc::model, fmt::format("model {} did not keep the batch axis", name)};
    if (holds_nan(answer))
      return Error{Errc::model, fmt::format("model {} gave values that are no numbers (NaN)", name)};
    return ok();
  }

  // Images that the network is shown together.
  Result<ModelOutput> analyse_several(std::vector<Prepared> images, const at::Tensor& header) const {
    INFERAD_TRY(const auto arguments, arguments_of(images, pipeline));
    const auto answer = call(0, arguments, header);
    INFERAD_TRY_STATUS(check_answer(0, answer, arguments.front().size(0)));
    ModelOutput output;
    for (std::int64_t i = 0; i < answer.size(0); ++i) {
      INFERAD_TRY(const auto result, postprocessed(images[static_cast<std::size_t>(i)].sample, answer[i]));
      const auto numbers = numbers_of(result);
      output.numbers.insert(output.numbers.end(), numbers.begin(), numbers.end());
    }
    return output;
  }

  // What one model says of the image as it is, or as it is in a mirror, turned back.
  Result<at::Tensor> ask(std::size_t model, const recipe::Mirror& mirror, const at::Tensor& batch,
                         const at::Tensor& header, const std::function<void(double)>& progress) const {
    INFERAD_TRY(auto answer,
                tensor::infer(
                    inferer, turned(batch, mirror),
                    [&](const at::Tensor& each) { return call(model, std::span(&each, 1), header); }, progress));
    INFERAD_TRY_STATUS(check_answer(model, answer, 1));
    return answer.dim() == batch.dim() ? turned(answer, mirror) : answer;
  }

  // An answer of one image, with its batch axis, after postprocessing.
  Result<ModelOutput> understand(tensor::Sample sample, const at::Tensor& answer, const findings::Image& image) const {
    INFERAD_TRY(const auto result, postprocessed(sample, answer.squeeze(0)));
    ModelOutput output;
    if (std::holds_alternative<recipe::Segmentation>(pipeline.output)) {
      INFERAD_TRY(output.labels, label_map_of(result, image.geometry));
    } else if (std::holds_alternative<recipe::ImageOutput>(pipeline.output)) {
      INFERAD_TRY(output.voxels, voxels_of(result, image.geometry));
    } else {
      output.numbers = numbers_of(result);
    }
    return output;
  }

  // Segmentations have a mean before postprocessing makes labels of them (as MONAI's MeanEnsemble), numbers after it.
  Result<ModelOutput> mean(const tensor::Sample& sample, const at::Tensor& batch, const at::Tensor& header,
                           const findings::Image& image, int threads,
                           const std::function<void(double)>& progress) const {
    const bool segments = std::holds_alternative<recipe::Segmentation>(pipeline.output);
    auto mirrors = pipeline.uncertainty.augmentation;
    mirrors.insert(mirrors.begin(), recipe::Mirror{});
    const auto count = static_cast<double>(pipeline.uncertainty.members());
    at::Tensor sum;
    Members members;
    for (std::size_t i = 0; i < pipeline.uncertainty.members(); ++i) {
      INFERAD_TRY(const auto answer,
                  ask(i / mirrors.size(), mirrors[i % mirrors.size()], batch.clone(), header,  // a network may write
                      [&](double fraction) { progress(0.9 * (static_cast<double>(i) + fraction) / count); }));
      if (segments) INFERAD_TRY_STATUS(add(answer, sum));
      INFERAD_TRY(auto each, understand(sample, answer, image));
      members.push_back(segments ? measurements_of(pipeline, image, each.labels, threads) : std::move(each.numbers));
    }
    ModelOutput output;
    if (segments) {
      sum /= count;
      if (holds_nan(sum)) return Error{Errc::model, "the mean of the answers is no number (NaN)"};
      INFERAD_TRY(output, understand(sample, sum, image));
    } else {
      INFERAD_TRY(output.numbers, mean_of(members));
    }
    output.members = std::move(members);
    return output;
  }

  static Status add(const at::Tensor& answer, at::Tensor& sum) {
    if (!answer.is_floating_point())
      return Error{Errc::model, "the model gives whole numbers: several answers have no mean, give scores instead"};
    if (sum.defined() && sum.sizes() != answer.sizes()) {
      return Error{Errc::model, fmt::format("answers of shape {} and {} have no mean", fmt::streamed(sum.sizes()),
                                            fmt::streamed(answer.sizes()))};
    }
    sum = sum.defined() ? sum.add_(answer) : answer.to(at::kFloat, false, true);
    return ok();
  }

  Result<HeatGrid> localise(const findings::Image& image, std::span<const float> numbers,
                            const std::vector<std::size_t>& classes,
                            const std::function<void(double)>& progress) const {
    const c10::InferenceMode inference;
    const auto header = header_of(numbers);
    INFERAD_TRY(const auto prepared, prepare(image, pipeline, before));
    const auto& entry = prepared.sample.at(pipeline.recipe.image_key);
    const auto scores = [&](const at::Tensor& batch) -> Result<std::vector<double>> {
      const auto answers = call(0, std::span(&batch, 1), header);
      INFERAD_TRY_STATUS(check_answer(0, answers, batch.size(0)));
      std::vector<double> result;
      for (std::int64_t i = 0; i < answers.size(0); ++i) {
        INFERAD_TRY(const auto each, understand(prepared.sample, answers.slice(0, i, i + 1), image));
        double sum = 0;
        for (const auto index : classes) sum += each.numbers.at(index);
        result.push_back(sum);
      }
      return result;
    };
    INFERAD_TRY(auto grid, occlude(entry.data.unsqueeze(0), *pipeline.localisation, scores, progress));
    grid.to_patient = to_patient_of(entry.affine);
    return grid;
  }

  Result<ModelOutput> analyse(std::span<const findings::Image> images, std::span<const float> numbers, int threads,
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
      return detect(*detection, batch, header, sample.at(pipeline.recipe.image_key).affine);
    if (pipeline.uncertainty.is_asked()) return mean(sample, batch, header, images.front(), threads, progress);
    INFERAD_TRY(const auto answer, ask(0, {}, batch, header, [&](double fraction) { progress(0.9 * fraction); }));
    return understand(std::move(sample), answer, images.front());
  }
};

ModelPipeline::ModelPipeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ModelPipeline::ModelPipeline(ModelPipeline&&) noexcept = default;
ModelPipeline& ModelPipeline::operator=(ModelPipeline&&) noexcept = default;
ModelPipeline::~ModelPipeline() = default;

const recipe::PipelineFile& ModelPipeline::pipeline() const { return impl_->pipeline; }
const std::vector<recipe::ModelFile>& ModelPipeline::models() const { return impl_->models; }

Result<ModelPipeline> ModelPipeline::load(recipe::PipelineFile pipeline, std::vector<recipe::ModelFile> models,
                                          std::vector<std::string> weights, const std::string& device) {
  INFERAD_TRY(auto before, tensor::make_chain(pipeline.recipe.preprocessing));
  INFERAD_TRY(auto after, tensor::make_chain(pipeline.recipe.postprocessing, true));
  INFERAD_TRY(auto inferer, tensor::make_inferer(pipeline.recipe.inferer));
  std::optional<torch::Device> target;
  std::vector<torch::jit::Module> modules;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto who = fmt::format("model {} ({})", models[i].name, (models[i].folder / models[i].file).string());
    INFERAD_TRY_STATUS(guarded(who, [&]() -> Status {
      target.emplace(device);
      INFERAD_TRY(auto module, load_module(std::move(weights[i]), models[i].format, *target, who));
      modules.push_back(std::move(module));
      return ok();
    }));
  }
  return ModelPipeline(std::make_unique<Impl>(Impl{std::move(pipeline), std::move(models), std::move(modules), *target,
                                                   std::move(before), std::move(after), std::move(inferer)}));
}

Result<HeatGrid> ModelPipeline::localise(const findings::Image& image, std::span<const float> header,
                                         const std::vector<std::size_t>& classes,
                                         const std::function<void(double)>& progress) const {
  HeatGrid grid;
  INFERAD_TRY_STATUS(guarded(fmt::format("model {}", impl_->models.front().name), [&]() -> Status {
    INFERAD_TRY(grid, impl_->localise(image, header, classes, progress));
    return ok();
  }));
  return grid;
}

Result<ModelOutput> ModelPipeline::run(std::span<const findings::Image> images, std::span<const float> header,
                                       int threads, const std::function<void(double)>& progress) const {
  ModelOutput output;
  INFERAD_TRY_STATUS(guarded(fmt::format("model {}", impl_->models.front().name), [&]() -> Status {
    INFERAD_TRY(output, impl_->analyse(images, header, threads, progress));
    progress(1);
    return ok();
  }));
  return output;
}

}  // namespace inferad::engine
