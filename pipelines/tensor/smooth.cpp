// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/smooth.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipelines/tensor/spatial.h"

namespace inferad::tensor {
namespace {

at::Tensor kernel_of(double sigma) {
  const auto tail = static_cast<std::int64_t>(std::max(sigma * 4, 0.5) + 0.5);
  const auto x = at::arange(-tail, tail + 1, at::kFloat);
  const double per_voxel = std::sqrt(0.5) / sigma;
  return (0.5 * (((x + 0.5) * per_voxel).erf() - ((x - 0.5) * per_voxel).erf())).clamp_min(0);
}

at::Tensor smoothed_along(const at::Tensor& batch, std::int64_t axis, const at::Tensor& kernel) {
  const auto rank = batch.dim() - 2;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(batch.dim()), 1), padding(static_cast<std::size_t>(rank), 0);
  shape[static_cast<std::size_t>(axis) + 2] = kernel.numel();
  padding[static_cast<std::size_t>(axis)] = kernel.numel() / 2;
  const auto weight = kernel.reshape(shape).to(batch.device());
  return rank == 3 ? at::conv3d(batch, weight, {}, 1, padding) : at::conv2d(batch, weight, {}, 1, padding);
}

class GaussianSmooth : public VolumeTransform {
 public:
  explicit GaussianSmooth(Arguments& arguments) : VolumeTransform(arguments.key()) {
    sigmas_ = arguments.numbers("sigma");
    if (sigmas_.empty()) sigmas_ = {1};
    for (const double sigma : sigmas_)
      if (!(sigma >= 0 && sigma <= 1000)) arguments.refuse("sigma", "must be from 0 to 1000 voxels");
    arguments.one_of("approx", "erf", {"erf"});
  }

 private:
  Status change(Volume& volume) const override {
    INFERAD_TRY_STATUS(check_spatial(volume));
    const auto rank = spatial_shape(volume).size();
    auto sigmas = sigmas_;
    if (sigmas.size() == 1) sigmas.resize(rank, sigmas.front());
    if (sigmas.size() != rank) return Error{Errc::model, fmt::format("{} sigmas for {} axes", sigmas.size(), rank)};
    volume.data = gaussian_smooth(volume.data, sigmas);
    return ok();
  }

  std::vector<double> sigmas_;
};

constexpr Maker kMakers[] = {{"GaussianSmooth", make<GaussianSmooth>}};

}  // namespace

at::Tensor gaussian_smooth(const at::Tensor& data, const std::vector<double>& sigmas) {
  auto batch = data.to(at::kFloat).unsqueeze(1);  // channels are smoothed alike, each by itself
  for (std::size_t axis = 0; axis < sigmas.size(); ++axis)
    if (sigmas[axis] > 0) batch = smoothed_along(batch, static_cast<std::int64_t>(axis), kernel_of(sigmas[axis]));
  return batch.squeeze(1);
}

std::span<const Maker> smooth_makers() { return kMakers; }

}  // namespace inferad::tensor
