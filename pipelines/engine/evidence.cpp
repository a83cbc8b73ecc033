// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/evidence.h"

#include <fmt/format.h>
#include <torch/script.h>

#include <cmath>

namespace inferad::engine {

namespace {

struct Place {
  int x, y;
};

Status check_axes(const at::Tensor& image) {
  if (image.dim() == 4) return ok();
  return Error{Errc::model,
               fmt::format("the preprocessed image has {} axes, to localise a finding it needs 2", image.dim() - 2)};
}

// Of the patch on the image.
std::vector<Place> places_on(const at::Tensor& image, const recipe::Localisation& asked) {
  std::vector<Place> places;
  for (const int y : places_along(static_cast<int>(image.size(3)), asked.patch[1], asked.stride[1]))
    for (const int x : places_along(static_cast<int>(image.size(2)), asked.patch[0], asked.stride[0]))
      places.push_back({x, y});
  return places;
}

// The part of [channels, x, y] that the patch covers there.
at::Tensor covered(const at::Tensor& image, const Place& place, const recipe::Localisation& asked) {
  return image.slice(1, place.x, place.x + asked.patch[0]).slice(2, place.y, place.y + asked.patch[1]);
}

HeatSum heat_on(const at::Tensor& image) { return {static_cast<int>(image.size(2)), static_cast<int>(image.size(3))}; }

double fill_of(const at::Tensor& image, const recipe::Localisation& asked) {
  return asked.fill ? *asked.fill : image.mean().item<double>();
}

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
  INFERAD_TRY_STATUS(check_axes(image));
  const auto places = places_on(image, asked);
  if (places.size() > asked.places_max) {
    return Error{Errc::refused,
                 fmt::format("a heat map of {} x {} pixels asks for {} places of the patch, at most {} are "
                             "allowed: set a larger stride or \"places_max\"",
                             image.size(2), image.size(3), places.size(), asked.places_max)};
  }
  INFERAD_TRY(const auto whole, finite(scores(image.clone()), 1));
  const double fill = fill_of(image, asked);
  auto heat = heat_on(image);
  const auto step = static_cast<std::size_t>(asked.batch);
  for (std::size_t first = 0; first < places.size(); first += step) {
    const auto count = std::min(step, places.size() - first);
    auto batch = image.repeat({static_cast<std::int64_t>(count), 1, 1, 1});
    for (std::size_t i = 0; i < count; ++i)
      covered(batch[static_cast<std::int64_t>(i)], places[first + i], asked).fill_(fill);
    INFERAD_TRY(const auto hidden, finite(scores(batch), static_cast<std::int64_t>(count)));
    for (std::size_t i = 0; i < count; ++i)
      heat.add(places[first + i].x, places[first + i].y, asked.patch, whole[0] - hidden[i]);
    progress(static_cast<double>(first + count) / static_cast<double>(places.size()));
  }
  return heat.mean();
}

Result<HeatGrid> integrate_gradients(const at::Tensor& image, const recipe::Localisation& asked,
                                     const Gradient& gradient, const std::function<void(double)>& progress) {
  INFERAD_TRY_STATUS(check_axes(image));
  const auto way = image - fill_of(image, asked);
  auto slope = at::zeros_like(image);
  for (int first = 0; first < asked.steps; first += asked.batch) {
    const auto count = std::min(asked.batch, asked.steps - first);
    const auto along = (at::arange(first, first + count) + 0.5) / asked.steps;  // the middle of each step
    const auto left = 1 - along.to(image.options()).view({count, 1, 1, 1});
    INFERAD_TRY(const auto slopes, gradient(image - left * way));
    slope += slopes.to(image.options()).sum(0, true) / asked.steps;
    progress(static_cast<double>(first + count) / asked.steps);
  }
  const auto share = (way * slope)[0].sum(0, true);
  if (!std::isfinite(share.sum().item<double>())) return Error{Errc::model, "the gradient of the score is no number"};
  auto heat = heat_on(image);
  for (const auto& place : places_on(image, asked))
    heat.add(place.x, place.y, asked.patch, covered(share, place, asked).sum().item<double>());
  return heat.mean();
}

}  // namespace inferad::engine
