// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/postprocessing.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "pipelines/engine/model_answer.h"
#include "pipelines/engine/probabilities.h"
#include "pipelines/tensor/cleaning.h"

namespace inferad::engine {

namespace {

constexpr const char* kPrediction = "pred";

// How many steps at the end only clean labels. What is dropped before voxels are resampled or labels are made cannot be
// told from what the network did not find.
Result<std::size_t> cleaning_steps(const std::vector<recipe::Step>& steps) {
  const auto cleans = [](const recipe::Step& step) { return tensor::cleans_labels(step.target); };
  const auto only_cleans = [&](const recipe::Step& step) { return cleans(step) || step.target == "SaveImage"; };
  const auto last = std::find_if_not(steps.rbegin(), steps.rend(), only_cleans);
  if (const auto early = std::find_if(last, steps.rend(), cleans); early != steps.rend())
    return Error{Errc::invalid_input, fmt::format("{}: with \"probabilities\" nothing but other cleaning of labels may "
                                                  "follow {}",
                                                  early->where, early->target)};
  return static_cast<std::size_t>(last - steps.rbegin());
}

}  // namespace

bool keeps_probabilities(const recipe::PipelineFile& pipeline) {
  const auto* segmentation = std::get_if<recipe::Segmentation>(&pipeline.output);
  return segmentation && segmentation->probabilities != recipe::Segmentation::Probabilities::none;
}

Result<Postprocessing> Postprocessing::make(const recipe::PipelineFile& pipeline, const recipe::Recipe& recipe) {
  Postprocessing made;
  made.image_key_ = recipe.image_key;
  auto steps = recipe.postprocessing;
  if (keeps_probabilities(pipeline)) {
    made.asked_ = std::get<recipe::Segmentation>(pipeline.output);
    INFERAD_TRY(const auto count, cleaning_steps(steps));
    const auto first = steps.end() - static_cast<std::ptrdiff_t>(count);
    INFERAD_TRY(made.cleaning_, tensor::make_chain({first, steps.end()}, true));
    steps.erase(first, steps.end());
  }
  INFERAD_TRY(made.steps_, tensor::make_chain(steps, made.cleaning_.empty()));
  return made;
}

Status Postprocessing::run_steps(tensor::Sample& sample, const at::Tensor& answer) const {
  auto& prediction = sample[kPrediction];
  prediction = sample.at(image_key_);  // its place in the world, and what Invert undoes
  prediction.data = answer;
  return tensor::apply(steps_, sample);
}

Result<at::Tensor> Postprocessing::apply(tensor::Sample& sample, const at::Tensor& answer) const {
  INFERAD_TRY_STATUS(run_steps(sample, answer));
  INFERAD_TRY_STATUS(tensor::apply(cleaning_, sample));
  return sample.at(kPrediction).data;
}

Result<ModelOutput> Postprocessing::segmentation(tensor::Sample sample, const at::Tensor& answer,
                                                 const findings::Geometry& geometry) const {
  const auto shown = sample.at(image_key_);  // steps may drop it
  INFERAD_TRY_STATUS(run_steps(sample, answer));
  ModelOutput output;
  findings::LabelMap found;
  INFERAD_TRY(output.labels, label_map_of(sample.at(kPrediction).data, geometry));
  if (!cleaning_.empty()) {
    INFERAD_TRY_STATUS(tensor::apply(cleaning_, sample));
    found = std::move(output.labels);
    INFERAD_TRY(output.labels, label_map_of(sample.at(kPrediction).data, geometry));
  }
  sample.clear();
  INFERAD_TRY(output.probabilities, probabilities_of(answer, shown, asked_, found, output.labels, geometry));
  return output;
}

}  // namespace inferad::engine
