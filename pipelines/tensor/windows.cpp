// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/windows.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace inferad::tensor {

namespace {

constexpr double kWeightMin = 1e-3;
constexpr std::size_t kWindowsMax = 1'000'000;

template <class T>
T for_axis(const std::vector<T>& list, std::size_t axis) {
  return list.size() == 1 ? list[0] : list[axis];
}

Shape starts_along(std::int64_t image, std::int64_t window, double overlap) {
  auto step = image == window ? window : static_cast<std::int64_t>(static_cast<double>(window) * (1 - overlap));
  step = std::max<std::int64_t>(1, step);
  Shape starts{0};
  while (starts.back() + window < image) starts.push_back(std::min(starts.back() + step, image - window));
  return starts;
}

}  // namespace

Result<Windows> place_windows(const Inferer& inferer, const Shape& image) {
  const auto axes = image.size();
  const auto suits = [&](std::size_t count) { return count == 1 || count == axes; };
  if (!suits(inferer.roi_size.size()) || !suits(inferer.overlap.size()) || !suits(inferer.sigma_scale.size()))
    return Error{Errc::model, fmt::format("the inferer is for another number of spatial axes than {}", axes)};
  Windows result;
  result.image = image;
  std::vector<Shape> along;
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    if (image[axis] < 1) return Error{Errc::model, "the image is empty"};
    const auto roi = for_axis(inferer.roi_size, axis);
    result.window.push_back(roi > 0 ? roi : image[axis]);
    result.padded.push_back(std::max(image[axis], result.window[axis]));
    result.pad_before.push_back((result.padded[axis] - image[axis]) / 2);
    along.push_back(starts_along(result.padded[axis], result.window[axis], for_axis(inferer.overlap, axis)));
    if (count > kWindowsMax / along.back().size()) return Error{Errc::model, "the image needs too many windows"};
    count *= along.back().size();
  }
  for (std::size_t n = 0; n < count; ++n) {
    Shape start(axes);
    auto rest = n;
    for (std::size_t axis = axes; axis-- > 0; rest /= along[axis].size())
      start[axis] = along[axis][rest % along[axis].size()];
    result.starts.push_back(std::move(start));
  }
  return result;
}

at::Tensor window_weights(const Inferer& inferer, const Shape& window) {
  if (inferer.blend == Inferer::Blend::constant) return at::ones(window, at::kFloat);
  auto weights = at::ones({}, at::kFloat);
  for (std::size_t axis = 0; axis < window.size(); ++axis) {
    const auto length = static_cast<double>(window[axis]);
    const double sigma = length * for_axis(inferer.sigma_scale, axis);
    const auto place = at::arange(window[axis], at::kFloat).sub_((length - 1) / 2);
    weights = weights.unsqueeze(-1) * place.square().div_(-2 * sigma * sigma).exp_();
  }
  return weights.clamp_min_(std::max(weights.min().item<double>(), kWeightMin)).contiguous();
}

}  // namespace inferad::tensor
