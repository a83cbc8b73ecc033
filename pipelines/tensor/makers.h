// SPDX-License-Identifier: Apache-2.0
// Inside pipelines/tensor only: how a file of transforms takes part in make_transform(). It defines one of the
// functions below; registry.cpp joins them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pipelines/tensor/arguments.h"
#include "pipelines/tensor/transform.h"

namespace inferad::tensor {

// Reads its arguments; need not look at mistakes: the registry asks finish() and drops what was made. Called once for
// each key of the step, and what it returns works on arguments.key() alone; with `whole_step` called once.
using Make = std::shared_ptr<const Transform> (*)(Arguments& arguments);

struct Maker {
  std::string_view target;  // MONAI's name without d
  Make make;
  bool whole_step = false;
};

std::span<const Maker> housekeeping_makers();  // EnsureChannelFirst, CastToType, …
std::span<const Maker> intensity_makers();     // ScaleIntensity, NormalizeIntensity, …
std::span<const Maker> radiology_makers();     // VoiWindow, ScaleIntensityQuantiles, …
std::span<const Maker> discrete_makers();      // Activations, AsDiscrete
std::span<const Maker> label_makers();         // KeepLargestConnectedComponent, …
std::span<const Maker> entry_makers();         // Lambda, ConcatItems, DeleteItems
std::span<const Maker> orientation_makers();   // Orientation, Flip
std::span<const Maker> spacing_makers();       // Spacing
std::span<const Maker> resize_makers();        // Resize
std::span<const Maker> pad_makers();           // SpatialPad, DivisiblePad, ResizeWithPadOrCrop, …
std::span<const Maker> crop_makers();          // CenterSpatialCrop, CropForeground, …
std::span<const Maker> smooth_makers();        // GaussianSmooth
std::span<const Maker> invert_makers();        // Invert

template <class T>
std::shared_ptr<const Transform> make(Arguments& arguments) {
  return std::make_shared<const T>(arguments);
}

// A transform of one entry on its own.
class VolumeTransform : public Transform {
 public:
  explicit VolumeTransform(std::string key) : key_(std::move(key)) {}
  Status apply(Sample& sample) const final;

 protected:
  virtual Status change(Volume& volume) const = 0;

 private:
  std::string key_;
};

// A transform that is a function of the tensor and leaves the place in the world alone.
class TensorTransform : public VolumeTransform {
 public:
  using VolumeTransform::VolumeTransform;

 protected:
  virtual Result<at::Tensor> map(const at::Tensor& data) const = 0;

 private:
  Status change(Volume& volume) const final;
};

// The entry, or Errc::model that names the key.
Result<Volume*> entry(Sample& sample, const std::string& key);

}  // namespace inferad::tensor
