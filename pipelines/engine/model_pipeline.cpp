// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/model_pipeline.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <torch/script.h>

#include <utility>

#include "pipelines/engine/evidence.h"
#include "pipelines/engine/members.h"
#include "pipelines/engine/model_answer.h"
#include "pipelines/engine/model_input.h"
#include "pipelines/engine/network.h"
#include "pipelines/engine/postprocessing.h"
#include "pipelines/engine/script_detections.h"
#include "pipelines/engine/torch_errors.h"
#include "pipelines/tensor/inferer.h"
#include "pipelines/tensor/transform.h"

namespace inferad::engine {

namespace {

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
  std::vector<Network> networks;  // as models
  tensor::Chain before;
  Postprocessing after;
  tensor::Inferer inferer;

  Result<Candidates> detect(const recipe::Detection& detection, const tensor::Sample& sample,
                            const at::Tensor& header) const {
    const auto& entry = sample.at(pipeline.recipe.image_key);
    auto batch = entry.data.unsqueeze(0);
    if (batch.dim() != pipeline.input.dimensions + 2)
      return Error{Errc::model, fmt::format("the preprocessed image has {} axes", batch.dim() - 2)};
    if (detection.zyx)
      batch = (batch.dim() == 4 ? batch.permute({0, 1, 3, 2}) : batch.permute({0, 1, 4, 3, 2})).contiguous();
    Candidates candidates;
    INFERAD_TRY(candidates.all,
                candidates_of(networks[0].forward(std::span(&batch, 1), header), detection, pipeline.input.dimensions));
    candidates.to_patient = to_patient_of(entry.affine);
    return candidates;
  }

  // Each image by itself.
  Result<ModelOutput> detect_in(const std::vector<Prepared>& images, const recipe::Detection& detection,
                                const at::Tensor& header, const std::function<void(double)>& progress) const {
    ModelOutput output;
    for (const auto& image : images) {
      INFERAD_TRY(auto candidates, detect(detection, image.sample, header));
      output.candidates.push_back(std::move(candidates));
      progress(0.9 * static_cast<double>(output.candidates.size()) / static_cast<double>(images.size()));
    }
    return output;
  }

  Result<std::vector<Prepared>> prepare_all(std::span<const findings::Image> images) const {
    std::vector<Prepared> prepared;
    for (const auto& image : images) {
      INFERAD_TRY(auto each, prepare(image, pipeline, before));
      prepared.push_back(std::move(each));
    }
    return prepared;
  }

  // Of images that a network is shown together; in a batch those of one image after those of the other.
  Result<std::vector<double>> numbers_of_several(const Network& network, std::vector<Prepared>& images,
                                                 const at::Tensor& header) const {
    INFERAD_TRY(auto arguments, arguments_of(images, pipeline));
    for (auto& each : arguments) each = each.clone();  // a network may write into what it is given
    const auto answer = network.call(arguments, header);
    INFERAD_TRY_STATUS(network.check(answer, arguments.front().size(0)));
    std::vector<double> numbers;
    for (std::int64_t i = 0; i < answer.size(0); ++i) {
      INFERAD_TRY(const auto result, after.apply(images[static_cast<std::size_t>(i)].sample, answer[i]));
      const auto part = numbers_of(result);
      numbers.insert(numbers.end(), part.begin(), part.end());
    }
    return numbers;
  }

  Result<ModelOutput> analyse_several(std::vector<Prepared> images, const at::Tensor& header) const {
    ModelOutput output;
    for (const auto& network : networks) {
      INFERAD_TRY(auto numbers, numbers_of_several(network, images, header));
      output.members.push_back(std::move(numbers));
    }
    INFERAD_TRY(output.numbers, mean_of(output.members));
    if (networks.size() == 1) output.members.clear();
    return output;
  }

  // What one model says of the image as it is, or as it is in a mirror, turned back.
  Result<at::Tensor> ask(const Network& network, const recipe::Mirror& mirror, const at::Tensor& batch,
                         const at::Tensor& header, const std::function<void(double)>& progress) const {
    INFERAD_TRY(auto answer,
                tensor::infer(
                    inferer, turned(batch, mirror),
                    [&](const at::Tensor& each) { return network.call(std::span(&each, 1), header); }, progress));
    INFERAD_TRY_STATUS(network.check(answer, 1));  // before an argmax or a threshold makes labels of it
    return answer.dim() == batch.dim() ? turned(answer, mirror) : answer;
  }

  // An answer of one image, with its batch axis, after postprocessing.
  Result<ModelOutput> understand(tensor::Sample sample, const at::Tensor& answer, const findings::Image& image) const {
    INFERAD_TRY(const auto result, after.apply(sample, answer.squeeze(0)));
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

  Result<ModelOutput> conclude(tensor::Sample sample, const at::Tensor& answer, const findings::Image& image,
                               const RunOptions& options) const {
    if (options.probabilities && keeps_probabilities(pipeline))
      return after.segmentation(std::move(sample), answer.squeeze(0), image.geometry);
    return understand(std::move(sample), answer, image);
  }

  // Segmentations have a mean before postprocessing makes labels of them (as MONAI's MeanEnsemble), numbers after it.
  Result<ModelOutput> mean(const tensor::Sample& sample, const at::Tensor& batch, const at::Tensor& header,
                           const findings::Image& image, const RunOptions& options,
                           const std::function<void(double)>& progress) const {
    const bool segments = std::holds_alternative<recipe::Segmentation>(pipeline.output);
    auto mirrors = pipeline.uncertainty.augmentation;
    mirrors.insert(mirrors.begin(), recipe::Mirror{});
    const auto count = static_cast<double>(pipeline.uncertainty.members());
    at::Tensor sum;
    Members members;
    for (std::size_t i = 0; i < pipeline.uncertainty.members(); ++i) {
      INFERAD_TRY(
          const auto answer,
          ask(networks[i / mirrors.size()], mirrors[i % mirrors.size()], batch.clone(), header,  // a network may write
              [&](double fraction) { progress(0.9 * (static_cast<double>(i) + fraction) / count); }));
      if (segments) INFERAD_TRY_STATUS(add_answer(answer, sum));
      INFERAD_TRY(auto each, understand(sample, answer, image));
      members.push_back(segments ? measurements_of(pipeline, image, each.labels, options.threads)
                                 : std::move(each.numbers));
    }
    ModelOutput output;
    if (segments) {
      sum /= count;
      if (holds_nan(sum)) return Error{Errc::model, "the mean of the answers is no number (NaN)"};
      INFERAD_TRY(output, conclude(sample, sum, image, options));
    } else {
      INFERAD_TRY(output.numbers, mean_of(members));
    }
    output.members = std::move(members);
    return output;
  }

  // Of each image of a batch, after postprocessing.
  Result<std::vector<double>> scores_of(const at::Tensor& batch, const tensor::Sample& sample,
                                        const findings::Image& image, const at::Tensor& header,
                                        const std::vector<std::size_t>& classes) const {
    const auto answers = networks[0].call(std::span(&batch, 1), header);
    INFERAD_TRY_STATUS(networks[0].check(answers, batch.size(0)));
    std::vector<double> result;
    for (std::int64_t i = 0; i < answers.size(0); ++i) {
      INFERAD_TRY(const auto each, understand(sample, answers.slice(0, i, i + 1), image));
      double sum = 0;
      for (const auto index : classes) sum += each.numbers.at(index);
      result.push_back(sum);
    }
    return result;
  }

  Result<HeatGrid> localise(const findings::Image& image, std::span<const float> numbers,
                            const std::vector<std::size_t>& classes,
                            const std::function<void(double)>& progress) const {
    const c10::InferenceMode inference;
    const auto header = header_of(numbers);
    INFERAD_TRY(const auto prepared, prepare(image, pipeline, before));
    const auto& entry = prepared.sample.at(pipeline.recipe.image_key);
    const auto batch = entry.data.unsqueeze(0);
    const auto& asked = *pipeline.localisation;
    const bool by_gradients = asked.method == recipe::Localisation::Method::integrated_gradients;
    INFERAD_TRY(
        auto grid,
        by_gradients
            ? integrate_gradients(
                  batch, asked, [&](const at::Tensor& each) { return networks[0].gradient(each, header, classes); },
                  progress)
            : occlude(
                  batch, asked,
                  [&](const at::Tensor& each) { return scores_of(each, prepared.sample, image, header, classes); },
                  progress));
    grid.to_patient = to_patient_of(entry.affine);
    return grid;
  }

  Result<std::vector<float>> answers(std::span<const findings::Image> images, std::span<const float> numbers) const {
    const c10::InferenceMode inference;
    const auto header = header_of(numbers);
    INFERAD_TRY(const auto prepared, prepare_all(images));
    std::vector<float> all;
    for (const auto& network : networks) {
      INFERAD_TRY(const auto arguments, arguments_of(prepared, pipeline));
      at::Tensor answer;
      if (prepared.size() > 1 && !std::holds_alternative<recipe::Detection>(pipeline.output)) {
        answer = network.call(arguments, header);
      } else {
        INFERAD_TRY(answer, ask(network, {}, arguments.front().clone(), header, [](double) {}));
      }
      const auto row = answer.to(at::kCPU, at::kFloat).flatten().contiguous();
      all.insert(all.end(), row.data_ptr<float>(), row.data_ptr<float>() + row.numel());
    }
    return all;
  }

  Result<ModelOutput> analyse(std::span<const findings::Image> images, std::span<const float> numbers,
                              const RunOptions& options, const std::function<void(double)>& progress) const {
    const c10::InferenceMode inference;
    const auto header = header_of(numbers);
    INFERAD_TRY(auto prepared, prepare_all(images));
    if (const auto* detection = std::get_if<recipe::Detection>(&pipeline.output))
      return detect_in(prepared, *detection, header, progress);
    if (prepared.size() > 1) return analyse_several(std::move(prepared), header);
    auto& sample = prepared.front().sample;
    const auto batch = sample.at(pipeline.recipe.image_key).data.unsqueeze(0);
    if (pipeline.uncertainty.is_asked()) return mean(sample, batch, header, images.front(), options, progress);
    INFERAD_TRY(const auto answer,
                ask(networks[0], {}, batch, header, [&](double fraction) { progress(0.9 * fraction); }));
    return conclude(std::move(sample), answer, images.front(), options);
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
  INFERAD_TRY(auto after, Postprocessing::make(pipeline, pipeline.recipe));
  INFERAD_TRY(auto inferer, tensor::make_inferer(pipeline.recipe.inferer));
  std::vector<Network> networks;
  for (std::size_t i = 0; i < models.size(); ++i) {
    INFERAD_TRY(auto network, Network::load(models[i], std::move(weights[i]), device));
    networks.push_back(std::move(network));
  }
  return ModelPipeline(std::make_unique<Impl>(Impl{std::move(pipeline), std::move(models), std::move(networks),
                                                   std::move(before), std::move(after), std::move(inferer)}));
}

Status ModelPipeline::check_steps(const recipe::PipelineFile& pipeline, const recipe::Recipe& recipe) {
  if (const auto before = tensor::make_chain(recipe.preprocessing); !before) return before.error();
  if (const auto after = Postprocessing::make(pipeline, recipe); !after) return after.error();
  if (const auto inferer = tensor::make_inferer(recipe.inferer); !inferer) return inferer.error();
  return ok();
}

Result<std::vector<float>> ModelPipeline::answers(std::span<const findings::Image> images,
                                                  std::span<const float> header) const {
  std::vector<float> all;
  INFERAD_TRY_STATUS(guarded(fmt::format("model {}", impl_->models.front().name), [&]() -> Status {
    INFERAD_TRY(all, impl_->answers(images, header));
    return ok();
  }));
  return all;
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
                                       const RunOptions& options, const std::function<void(double)>& progress) const {
  ModelOutput output;
  INFERAD_TRY_STATUS(guarded(fmt::format("model {}", impl_->models.front().name), [&]() -> Status {
    INFERAD_TRY(output, impl_->analyse(images, header, options, progress));
    progress(1);
    return ok();
  }));
  return output;
}

}  // namespace inferad::engine
