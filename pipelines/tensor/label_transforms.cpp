// SPDX-License-Identifier: Apache-2.0
// MONAI's post-processing of label maps, and ClearBorder of our own.
#include <ATen/ATen.h>

#include <cmath>

#include "pipelines/tensor/label_cleaning.h"
#include "pipelines/tensor/makers.h"

namespace inferad::tensor {

namespace {

// 0: all axes.
int connectivity_of(Arguments& arguments, int fallback) {
  const auto value = arguments.integer("connectivity", fallback);
  const bool written = arguments.value("connectivity") != nullptr;
  if (written && (value < 1 || value > 4)) arguments.refuse("connectivity", "must be a number of axes");
  return static_cast<int>(value);
}

class KeepLargestConnectedComponent : public TensorTransform {
 public:
  explicit KeepLargestConnectedComponent(Arguments& arguments) : TensorTransform(arguments.key()) {
    how_.labels = arguments.integers("applied_labels");
    if (arguments.value("is_onehot") != nullptr) how_.one_hot = arguments.flag("is_onehot", false);
    how_.independent = arguments.flag("independent", true);
    how_.connectivity = connectivity_of(arguments, 0);
    const auto count = arguments.integer("num_components", 1);
    if (count < 1) arguments.refuse("num_components", "must be at least 1");
    how_.count = static_cast<std::size_t>(std::max<std::int64_t>(1, count));
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override { return keep_largest(data, how_); }

  KeepLargest how_;
};

class RemoveSmallObjects : public VolumeTransform {
 public:
  explicit RemoveSmallObjects(Arguments& arguments) : VolumeTransform(arguments.key()) {
    min_size_ = arguments.number("min_size", 64);
    how_.connectivity = connectivity_of(arguments, 1);
    how_.independent_channels = arguments.flag("independent_channels", true);
    by_measure_ = arguments.flag("by_measure", false);
    arguments.ignore({"pixdim"});  // the volume has its own
  }

 private:
  Status change(Volume& volume) const override {
    auto how = how_;
    const double size = by_measure_ ? min_size_ / voxel_volume(volume.affine) : min_size_;
    how.elements_min = static_cast<std::int64_t>(std::ceil(size));
    INFERAD_TRY(volume.data, remove_small(volume.data, how));
    return ok();
  }

  // mm³, from the lengths of the affine's columns.
  static double voxel_volume(const Affine& affine) {
    double volume = 1;
    for (std::size_t axis = 0; axis < 3; ++axis)
      volume *= std::sqrt(affine[0][axis] * affine[0][axis] + affine[1][axis] * affine[1][axis] +
                          affine[2][axis] * affine[2][axis]);
    return volume > 0 ? volume : 1;
  }

  RemoveSmall how_;
  double min_size_ = 0;
  bool by_measure_ = false;
};

class FillHoles : public TensorTransform {
 public:
  explicit FillHoles(Arguments& arguments)
      : TensorTransform(arguments.key()),
        labels_(arguments.integers("applied_labels")),
        connectivity_(connectivity_of(arguments, 0)) {}

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override { return fill_holes(data, labels_, connectivity_); }

  std::vector<std::int64_t> labels_;
  int connectivity_;
};

class LabelFilter : public TensorTransform {
 public:
  explicit LabelFilter(Arguments& arguments)
      : TensorTransform(arguments.key()), labels_(arguments.integers("applied_labels")) {
    arguments.require("applied_labels");
  }

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override { return filter_labels(data, labels_); }

  std::vector<std::int64_t> labels_;
};

class ClearBorder : public TensorTransform {
 public:
  explicit ClearBorder(Arguments& arguments)
      : TensorTransform(arguments.key()),
        axes_(arguments.integers("axes")),
        connectivity_(connectivity_of(arguments, 0)) {}

 private:
  Result<at::Tensor> map(const at::Tensor& data) const override { return clear_border(data, axes_, connectivity_); }

  std::vector<std::int64_t> axes_;
  int connectivity_;
};

constexpr Maker kMakers[] = {
    {"KeepLargestConnectedComponent", make<KeepLargestConnectedComponent>},
    {"RemoveSmallObjects", make<RemoveSmallObjects>},
    {"FillHoles", make<FillHoles>},
    {"LabelFilter", make<LabelFilter>},
    {"ClearBorder", make<ClearBorder>},
};

}  // namespace

std::span<const Maker> label_makers() { return kMakers; }

}  // namespace inferad::tensor
