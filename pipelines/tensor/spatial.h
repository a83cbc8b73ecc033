// SPDX-License-Identifier: Apache-2.0
// Inside pipelines/tensor only: what the transforms that move voxels have in common.
#pragma once

#include "pipelines/tensor/affine.h"
#include "pipelines/tensor/makers.h"

namespace inferad::tensor {

// Sizes of the axes after the channel.
Shape spatial_shape(const Volume& volume);

// Errc::model unless the tensor has a channel axis and two or three spatial ones.
Status check_spatial(const Volume& volume);

// One number for all axes or one for each; Errc::model otherwise. Absent: `fallback` for all.
Result<Shape> for_each_axis(const Shape& given, std::size_t rank, std::int64_t fallback);

// A transform of one entry that records what it did.
class SpatialTransform : public VolumeTransform {
 public:
  using VolumeTransform::VolumeTransform;

 protected:
  // The result becomes the volume; `index_map` leads from a voxel of the result to one of the volume before.
  void record(Volume& volume, at::Tensor result, const Affine& index_map, std::vector<std::int64_t> numbers = {}) const;

 private:
  Status change(Volume& volume) const final;
  virtual Status move(Volume& volume) const = 0;  // of a volume with 2 or 3 spatial axes
};

}  // namespace inferad::tensor
