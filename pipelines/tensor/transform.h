// SPDX-License-Identifier: Apache-2.0
// MONAI's transforms in ATen, equal to MONAI 1.4.0 number by number (the golden vectors of the development data), on
// LibTorch 1.13 and 2.x, CPU and CUDA. Immutable after construction; apply() may be called by several threads.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "pipelines/recipe/recipe.h"
#include "pipelines/tensor/sample.h"
#include "server/base/result.h"

namespace inferad::tensor {

class Transform : public std::enable_shared_from_this<Transform> {
 public:
  virtual ~Transform() = default;
  // Works on the entries that the step names; changes them in place. Errc::model: the data do not suit (shape, dtype,
  // an entry that is not there); c10 errors are thrown through and translated by the engine.
  virtual Status apply(Sample& sample) const = 0;
  // For spatial transforms: undoes `done`, which this transform recorded, on a volume. `nearest`: resample by nearest
  // neighbour whatever the mode was. Others are never asked.
  virtual Result<Volume> undo(Volume volume, const Done& done, bool nearest) const;
  // Whether undo() only moves voxels, or cuts and fills with 0: of channels or of their labels makes no difference.
  virtual bool moves_only() const { return false; }
  // undo(volume, done, false) as uint8, without its floats where a transform can: argmax over the channels, or of one
  // channel with values from 0 to 1 their 255ths.
  virtual Result<Volume> undo_to_labels(Volume volume, const Done& done) const;
  virtual Result<Volume> undo_to_fractions(Volume volume, const Done& done) const;
};

// Errc::invalid_input names the step's place and the argument that is missing, unknown or of a wrong kind; an unknown
// transform is named.
Result<std::shared_ptr<const Transform>> make_transform(const recipe::Step& step);
bool knows_transform(std::string_view target);

using Chain = std::vector<std::shared_ptr<const Transform>>;
// Invert by interpolation followed by argmax becomes one step, which gives the same labels. `byte_labels`: as uint8
// where nothing but SaveImage follows; MONAI has float32.
Result<Chain> make_chain(const std::vector<recipe::Step>& steps, bool byte_labels = false);
Status apply(const Chain& chain, Sample& sample);  // an error names the place of the step

}  // namespace inferad::tensor
