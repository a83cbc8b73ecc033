// SPDX-License-Identifier: Apache-2.0
// Inside pipelines/tensor only: boxes that are cut out of a volume and may reach beyond it.
#pragma once

#include "pipelines/tensor/spatial.h"

namespace inferad::tensor {

// numpy's and torch's names: constant, edge (replicate), reflect, symmetric, wrap (circular), minimum, maximum, mean.
struct PadMode {
  std::string name = "constant";
  double value = 0;  // of constant
};

PadMode read_pad_mode(Arguments& arguments);

// Voxels added in front and behind, for each axis; each >= 0.
struct Margins {
  Shape front, behind;
};

at::Tensor padded(const at::Tensor& data, const Margins& margins, const PadMode& mode);
at::Tensor cut(const at::Tensor& data, const Shape& start, const Shape& shape);  // inside the data

// A transform whose result is the box [start, start + shape) of the volume, padded where it reaches beyond.
class BoxTransform : public SpatialTransform {
 public:
  using SpatialTransform::SpatialTransform;

  // What was cut off becomes 0, what was padded goes.
  Result<Volume> undo(Volume volume, const Done& done, bool nearest) const override;
  bool moves_only() const override { return true; }

 protected:
  Status take_box(Volume& volume, const Shape& start, const Shape& shape, const PadMode& mode) const;
};

// Sizes at 0 or below, or none at all, mean the volume's own.
Result<Shape> sizes_or_own(const Shape& given, const Shape& own);

}  // namespace inferad::tensor
