// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/model_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "server/base/log.h"

namespace inferad::engine {

namespace {

// What model.json asks for, and how far it may move the answers.
struct Liberty {
  const char* member;
  double deviation_max;
};
constexpr Liberty kReduced{"\"precision\": \"bf16\"", 0.05}, kOptimized{"\"optimize_for_inference\"", 1e-4};

const Liberty& liberty_of(std::span<const recipe::ModelFile> models) {
  const bool reduced = std::any_of(models.begin(), models.end(),
                                   [](const auto& each) { return each.precision != recipe::Precision::float32; });
  return reduced ? kReduced : kOptimized;
}

struct Trial {
  std::vector<findings::Image> images;
  std::vector<float> header;
};

// Images of zeros, as many and as large as the pipeline may be given.
Trial empty_trial(const recipe::Input& input) {
  findings::Image image;
  image.projection = input.dimensions == 2;
  image.geometry.columns = image.geometry.rows = image.projection ? 256 : 64;
  image.geometry.slices = image.projection ? 1 : 32;
  if (input.frames == findings::FrameChoice::all) image.geometry.slices = 16;
  image.voxels.assign(image.geometry.voxels(), 0.0F);
  return {std::vector(std::max<std::size_t>(1, input.images.size()), image),
          std::vector<float>(input.header.size(), 0.0F)};
}

// Waves from -1000 to 1000, of other lengths along each axis.
Trial waving_trial(const recipe::Input& input) {
  auto trial = empty_trial(input);
  for (auto& image : trial.images) {
    image.grey.lowest = -1000, image.grey.highest = 1000;
    const auto& geometry = image.geometry;
    auto voxel = image.voxels.begin();
    for (int k = 0; k < geometry.slices; ++k)
      for (int j = 0; j < geometry.rows; ++j)
        for (int i = 0; i < geometry.columns; ++i)
          *voxel++ = static_cast<float>(1000 * std::sin(i / 5.0) * std::cos(j / 7.0) * std::cos(k / 3.0));
  }
  return trial;
}

// The root of the mean square of the differences, in parts of that of the exact values.
double deviation(const std::vector<float>& values, const std::vector<float>& exact) {
  double off = 0, whole = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double truth = exact[i];
    off += (values[i] - truth) * (values[i] - truth);
    whole += truth * truth;
  }
  return off == 0 ? 0 : std::sqrt(off / whole);
}

}  // namespace

void warm_up(const ModelPipeline& pipeline) {
  const auto trial = empty_trial(pipeline.pipeline().input);
  const auto tried = pipeline.run(trial.images, trial.header, {}, [](double) {});
  if (!tried) log::info("warm_up_skipped", {{"pipeline", pipeline.pipeline().name}, {"reason", tried.error().what}});
}

Status check_against_plain(const ModelPipeline& pipeline, const ModelPipeline& plain) {
  const auto& liberty = liberty_of(pipeline.models());
  const auto trial = waving_trial(plain.pipeline().input);
  const auto truth = plain.answers(trial.images, trial.header);
  if (!truth) {
    return Error{Errc::model, fmt::format("{} cannot be checked, a made image does not suit: {}", liberty.member,
                                          truth.error().what)};
  }
  const auto answers = pipeline.answers(trial.images, trial.header);
  if (!answers) {
    return Error{Errc::model,
                 fmt::format("with {} it fails, without it does not: {}", liberty.member, answers.error().what)};
  }
  const double off = answers->size() == truth->size() ? deviation(*answers, *truth) : 1;
  log::info("network_compared", {{"pipeline", plain.pipeline().name}, {"deviation", off}});
  if (off <= liberty.deviation_max) return ok();  // what is no number is not
  return Error{Errc::model,
               fmt::format("with {} its answers to a made image are off by {:.2g} of those without, at most "
                           "{:g} is taken",
                           liberty.member, off, liberty.deviation_max)};
}

Status check_gradient(const ModelPipeline& pipeline) {
  const auto& asked = pipeline.pipeline().localisation;
  if (!asked || asked->method != recipe::Localisation::Method::integrated_gradients) return ok();
  const auto trial = waving_trial(pipeline.pipeline().input);
  const auto grid = pipeline.localise(trial.images.front(), trial.header, {0}, [](double) {});
  return grid || grid.error().code != Errc::refused ? ok() : Status(grid.error());
}

}  // namespace inferad::engine
