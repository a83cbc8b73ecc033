// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/occlusion.h"

#include <fmt/format.h>
#include <torch/script.h>

#include <cmath>

namespace inferad::engine {

namespace {

struct Place {
  int x, y;
};

Result<std::vector<double>> finite(Result<std::vector<double>> scores, std::int64_t count) {
  if (!scores) return scores;
  if (std::ssize(*scores) != count)
    return Error{Errc::model, fmt::format("the model gave {} scores for {} images", scores->size(), count)};
  for (const double score : *scores)
    if (!std::isfinite(score)) return Error{Errc::model, "the score of a hidden image is no number"};
  return scores;
}

}  // namespace

Result<HeatGrid> occlude(const at::Tensor& image, const recipe::Localisation& asked, const Scores& scores,
                         const std::function<void(double)>& progress) {
  if (image.dim() != 4)
    return Error{Errc::model,
                 fmt::format("the preprocessed image has {} axes, to hide parts it needs 2", image.dim() - 2)};
  const int columns = static_cast<int>(image.size(2)), rows = static_cast<int>(image.size(3));
  std::vector<Place> places;
  for (const int y : places_along(rows, asked.patch[1], asked.stride[1]))
    for (const int x : places_along(columns, asked.patch[0], asked.stride[0])) places.push_back({x, y});
  if (places.size() > asked.places_max) {
    return Error{Errc::refused,
                 fmt::format("a heat map of {} x {} pixels asks for {} places of the patch, at most {} are "
                             "allowed: set a larger stride or \"places_max\"",
                             columns, rows, places.size(), asked.places_max)};
  }
  INFERAD_TRY(const auto whole, finite(scores(image.clone()), 1));
  const double fill = asked.fill.value_or(image.mean().item<double>());
  HeatSum heat(columns, rows);
  const auto step = static_cast<std::size_t>(asked.batch);
  for (std::size_t first = 0; first < places.size(); first += step) {
    const auto count = std::min(step, places.size() - first);
    auto batch = image.repeat({static_cast<std::int64_t>(count), 1, 1, 1});
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [x, y] = places[first + i];
      batch[static_cast<std::int64_t>(i)].slice(1, x, x + asked.patch[0]).slice(2, y, y + asked.patch[1]).fill_(fill);
    }
    INFERAD_TRY(const auto hidden, finite(scores(batch), static_cast<std::int64_t>(count)));
    for (std::size_t i = 0; i < count; ++i)
      heat.add(places[first + i].x, places[first + i].y, asked.patch, whole[0] - hidden[i]);
    progress(static_cast<double>(first + count) / static_cast<double>(places.size()));
  }
  return heat.mean();
}

}  // namespace inferad::engine
