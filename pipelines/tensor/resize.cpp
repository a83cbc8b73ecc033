// SPDX-License-Identifier: Apache-2.0
// Resize: torch's interpolation in float32, which knows nothing of the world.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipelines/tensor/smooth.h"
#include "pipelines/tensor/spatial.h"

namespace inferad::tensor {
namespace {

at::Tensor interpolated(const at::Tensor& batch, const Shape& shape, const std::string& mode, bool align_corners) {
  const bool deep = shape.size() == 3;
  if (mode == "area") return deep ? at::adaptive_avg_pool3d(batch, shape) : at::adaptive_avg_pool2d(batch, shape);
  if (mode == "nearest") return deep ? at::upsample_nearest3d(batch, shape) : at::upsample_nearest2d(batch, shape);
  if (mode == "nearest-exact")
    return deep ? at::_upsample_nearest_exact3d(batch, shape) : at::_upsample_nearest_exact2d(batch, shape);
  if (mode == "bicubic") return at::upsample_bicubic2d(batch, shape, align_corners);
  return deep ? at::upsample_trilinear3d(batch, shape, align_corners)
              : at::upsample_bilinear2d(batch, shape, align_corners);
}

class Resize : public SpatialTransform {
 public:
  explicit Resize(Arguments& arguments) : SpatialTransform(arguments.key()) {
    arguments.unsupported({"lazy"});
    arguments.require("spatial_size");
    size_ = arguments.integers("spatial_size");
    longest_ = arguments.one_of("size_mode", "all", {"all", "longest"}) == "longest";
    if (longest_ && (size_.size() != 1 || size_.front() < 1))
      arguments.refuse("spatial_size", "must be one number with size_mode longest");
    mode_ = arguments.one_of("mode", "area", {"area", "nearest", "nearest-exact", "bilinear", "trilinear", "bicubic"});
    align_corners_ = arguments.flag("align_corners", false);
    if (align_corners_ && (mode_ == "area" || mode_.starts_with("nearest")))
      arguments.refuse("align_corners", fmt::format("has no meaning with mode {}", mode_));
    anti_aliasing_ = arguments.flag("anti_aliasing", false);
    sigmas_ = arguments.numbers("anti_aliasing_sigma");
    type_ = arguments.dtype("dtype").value_or(at::kFloat);
  }

  Result<Volume> undo(Volume volume, const Done& done, bool nearest) const override {
    volume.data = resized(volume.data, done.shape_before, nearest ? "nearest" : mode_, !nearest && align_corners_);
    volume.affine = done.affine_before;
    return volume;
  }

 private:
  Result<Shape> wanted(const Shape& shape) const {
    Shape result = shape;
    if (longest_) {
      const auto most = *std::max_element(shape.begin(), shape.end());
      const double scale = static_cast<double>(size_.front()) / static_cast<double>(most);
      for (auto& n : result) n = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(n) * scale));
    } else if (size_.size() == shape.size()) {
      for (std::size_t axis = 0; axis < shape.size(); ++axis)
        if (size_[axis] > 0) result[axis] = size_[axis];
    } else {
      return Error{Errc::model, fmt::format("`spatial_size` has {} numbers for {} axes", size_.size(), shape.size())};
    }
    if (*std::min_element(result.begin(), result.end()) < 1) return Error{Errc::model, "an axis would have no voxels"};
    if (mode_ != "area" && !mode_.starts_with("nearest") && (shape.size() == 3) != (mode_ == "trilinear"))
      return Error{Errc::model, fmt::format("mode {} does not suit {} axes", mode_, shape.size())};
    return result;
  }

  at::Tensor resized(const at::Tensor& data, const Shape& shape, const std::string& mode, bool align_corners) const {
    if (std::equal(shape.begin(), shape.end(), data.sizes().begin() + 1)) return data;
    return interpolated(data.to(type_).unsqueeze(0), shape, mode, align_corners).squeeze(0).to(at::kFloat);
  }

  at::Tensor without_aliases(const at::Tensor& data, const Shape& shape) const {
    std::vector<double> sigmas;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const double factor =
          static_cast<double>(data.size(static_cast<std::int64_t>(axis) + 1)) / static_cast<double>(shape[axis]);
      const double given = sigmas_.empty() ? (factor - 1) / 2 : sigmas_[std::min(axis, sigmas_.size() - 1)];
      sigmas.push_back(factor > 1 ? given : 0);
    }
    return gaussian_smooth(data, sigmas);
  }

  Status move(Volume& volume) const override {
    const auto before = spatial_shape(volume);
    INFERAD_TRY(const auto shape, wanted(before));
    auto map = kIdentity;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      map[axis][axis] = static_cast<double>(before[axis]) / static_cast<double>(shape[axis]);
      map[axis][3] = (map[axis][axis] - 1) / 2;
    }
    const auto source = anti_aliasing_ && shape != before ? without_aliases(volume.data, shape) : volume.data;
    record(volume, resized(source, shape, mode_, align_corners_), map);
    return ok();
  }

  Shape size_;
  bool longest_ = false, align_corners_ = false, anti_aliasing_ = false;
  std::string mode_;
  std::vector<double> sigmas_;
  at::ScalarType type_ = at::kFloat;
};

constexpr Maker kMakers[] = {{"Resize", make<Resize>}};

}  // namespace

std::span<const Maker> resize_makers() { return kMakers; }

}  // namespace inferad::tensor
