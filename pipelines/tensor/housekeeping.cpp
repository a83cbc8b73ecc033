// SPDX-License-Identifier: Apache-2.0
// Axes and types of the tensor; what MONAI does about files and devices and the engine does itself.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "pipelines/tensor/makers.h"

namespace inferad::tensor {
namespace {

Status ensure_channel_first(Volume& volume, std::optional<std::int64_t> axis) {
  const auto rank = volume.data.dim();
  if (axis && (*axis < -rank || *axis >= rank))
    return Error{Errc::model, fmt::format("channel axis {} in a tensor of {} axes", *axis, rank)};
  volume.data = axis ? volume.data.movedim(*axis, 0) : volume.data.unsqueeze(0);
  volume.channel_axis = 0;
  return ok();
}

class EnsureChannelFirst : public VolumeTransform {
 public:
  explicit EnsureChannelFirst(Arguments& arguments) : VolumeTransform(arguments.key()) {
    arguments.ignore({"strict_check", "meta_keys", "meta_key_postfix"});
    const auto* written = arguments.value("channel_dim");
    if (written == nullptr) return;
    stated_ = true;
    if (const auto* text = std::get_if<std::string>(&written->is); text == nullptr || *text != "no_channel")
      axis_ = arguments.integer("channel_dim", 0);
  }

 private:
  Status change(Volume& volume) const override {
    return ensure_channel_first(volume, stated_ ? axis_ : volume.channel_axis);
  }

  bool stated_ = false;
  std::optional<std::int64_t> axis_;
};

class LoadImage : public VolumeTransform {
 public:
  explicit LoadImage(Arguments& arguments) : VolumeTransform(arguments.key()) {
    arguments.ignore({"reader", "image_only", "simple_keys", "meta_keys", "meta_key_postfix", "overwriting",
                      "affine_lps_to_ras", "prune_meta_pattern", "prune_meta_sep", "expanduser"});
    arguments.unsupported({"converter", "reverse_indexing", "swap_ij", "series_meta"});
    channel_first_ = arguments.flag("ensure_channel_first", false);
    type_ = arguments.dtype("dtype").value_or(at::kFloat);
  }

 private:
  Status change(Volume& volume) const override {
    volume.data = volume.data.to(type_);
    return channel_first_ ? ensure_channel_first(volume, volume.channel_axis) : ok();
  }

  bool channel_first_ = false;
  at::ScalarType type_ = at::kFloat;
};

// CastToType, EnsureType, ToTensor: the type alone; the engine chooses the device.
class Cast : public TensorTransform {
 public:
  Cast(Arguments& arguments, std::optional<at::ScalarType> type) : TensorTransform(arguments.key()), type_(type) {}

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override { return type_ ? data.to(*type_) : data; }

  std::optional<at::ScalarType> type_;
};

std::shared_ptr<const Transform> make_cast(Arguments& arguments) {
  return std::make_shared<const Cast>(arguments, arguments.dtype("dtype").value_or(at::kFloat));
}

std::shared_ptr<const Transform> make_ensure_type(Arguments& arguments) {
  arguments.ignore({"data_type", "device", "wrap_sequence", "track_meta"});
  return std::make_shared<const Cast>(arguments, arguments.dtype("dtype"));
}

// SaveImage, ToDevice: the engine's own work.
std::shared_ptr<const Transform> make_nothing(Arguments& arguments) {
  arguments.ignore_all();
  return std::make_shared<const Cast>(arguments, std::nullopt);
}

class Transpose : public TensorTransform {
 public:
  explicit Transpose(Arguments& arguments) : TensorTransform(arguments.key()), order_(arguments.integers("indices")) {}

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override {
    auto order = order_;
    if (order.empty()) {  // all axes backwards
      order.resize(static_cast<std::size_t>(data.dim()));
      std::iota(order.rbegin(), order.rend(), 0);
    }
    auto sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i)
      if (sorted[i] != static_cast<std::int64_t>(i)) sorted.clear();
    if (sorted.size() != static_cast<std::size_t>(data.dim()))
      return Error{Errc::model, fmt::format("`indices` are not the {} axes of the tensor", data.dim())};
    return data.permute(order).contiguous();
  }

  std::vector<std::int64_t> order_;
};

// Without its axis the tensor stands where it stood: the axis's column of the affine becomes the last one.
class SqueezeDim : public VolumeTransform {
 public:
  explicit SqueezeDim(Arguments& arguments) : VolumeTransform(arguments.key()) {
    axis_ = arguments.integer("dim", 0);
    update_affine_ = arguments.flag("update_meta", true);
  }

 private:
  Status change(Volume& volume) const override {
    const auto rank = volume.data.dim();
    const auto axis = axis_ < 0 ? axis_ + rank : axis_;
    if (axis < 0 || axis >= rank || volume.data.size(axis) != 1)
      return Error{Errc::model, fmt::format("axis {} is not there or has more than one element", axis_)};
    volume.data = volume.data.squeeze(axis);
    if (update_affine_ && axis >= 1 && axis <= 3)
      for (auto& row : volume.affine) std::rotate(row.begin() + axis - 1, row.begin() + axis, row.begin() + 3);
    return ok();
  }

  std::int64_t axis_ = 0;
  bool update_affine_ = true;
};

constexpr Maker kMakers[] = {
    {"EnsureChannelFirst", make<EnsureChannelFirst>},
    {"LoadImage", make<LoadImage>},
    {"CastToType", make_cast},
    {"EnsureType", make_ensure_type},
    {"ToTensor", make_ensure_type},
    {"ToDevice", make_nothing},
    {"SaveImage", make_nothing},
    {"Transpose", make<Transpose>},
    {"SqueezeDim", make<SqueezeDim>},
};

}  // namespace

std::span<const Maker> housekeeping_makers() { return kMakers; }

}  // namespace inferad::tensor
