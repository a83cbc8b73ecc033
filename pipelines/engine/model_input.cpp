// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/model_input.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <torch/script.h>

#include <array>

#include "pipelines/engine/presentation.h"
#include "pipelines/tensor/parallel.h"

namespace inferad::engine {

namespace {

using recipe::Input;
using tensor::Affine;

// DICOM's patient coordinates (LPS) to those of the transforms (RAS): the first two rows change sign.
Affine affine_of(const findings::Geometry& geometry) {
  Affine affine = tensor::kIdentity;
  const std::array<const findings::Vec3*, 3> directions = {&geometry.column_direction, &geometry.row_direction,
                                                           &geometry.slice_direction};
  for (std::size_t row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1 : 1;
    for (std::size_t axis = 0; axis < 3; ++axis)
      affine[row][axis] = sign * (*directions[axis])[row] * geometry.spacing[axis];
    affine[row][3] = sign * geometry.origin[row];
  }
  return affine;
}

// The voxels as [1, column, row, slice], without a copy; a projection image as [1, column, row], of several frames
// [frame, column, row]. Nothing writes into them: each transform gives a view or a new tensor.
at::Tensor view_of(const float* voxels, const findings::Geometry& geometry, int dimensions) {
  const std::int64_t columns = geometry.columns, rows = geometry.rows, slices = geometry.slices;
  auto* data = const_cast<float*>(voxels);
  if (dimensions == 2) return torch::from_blob(data, {slices, columns, rows}, {columns * rows, 1, columns});
  return torch::from_blob(data, {1, columns, rows, slices}, {columns * rows * slices, 1, columns, columns * rows});
}

// As projection_values(), by as many threads as LibTorch has.
std::unique_ptr<float[]> shown(const findings::Image& image, const recipe::Input& input) {
  constexpr std::int64_t kGrain = 1 << 19;
  const std::span<const float> voxels = image.voxels;
  auto values = std::make_unique_for_overwrite<float[]>(voxels.size());
  tensor::in_parallel(std::ssize(voxels), kGrain, [&](std::int64_t begin, std::int64_t end) {
    const auto from = static_cast<std::size_t>(begin), count = static_cast<std::size_t>(end - begin);
    projection_values(voxels.subspan(from, count), image.grey, input, {values.get() + from, count});
  });
  return values;
}

}  // namespace

Result<Prepared> prepare(const findings::Image& image, const recipe::PipelineFile& pipeline,
                         const tensor::Chain& preprocessing) {
  Prepared prepared;
  if (image.projection && !shows_as_it_is(image.grey, pipeline.input)) prepared.values = shown(image, pipeline.input);
  const float* values = prepared.values ? prepared.values.get() : image.voxels.data();
  auto& entry = prepared.sample[pipeline.recipe.image_key];
  entry.data = view_of(values, image.geometry, pipeline.input.dimensions);
  entry.affine = affine_of(image.geometry);
  INFERAD_TRY_STATUS(tensor::apply(preprocessing, prepared.sample));
  auto& data = prepared.sample.at(pipeline.recipe.image_key).data;
  if (data.storage().data() == values) data = data.clone();  // a network may write into what it is given
  return prepared;
}

Result<std::vector<at::Tensor>> arguments_of(std::span<const Prepared> images, const recipe::PipelineFile& pipeline) {
  std::vector<at::Tensor> batches;
  for (const auto& each : images) batches.push_back(each.sample.at(pipeline.recipe.image_key).data.unsqueeze(0));
  if (images.size() == 1 || pipeline.input.join == Input::Join::arguments) return batches;
  for (const auto& batch : batches) {
    if (batch.sizes() != batches.front().sizes()) {
      return Error{Errc::model, fmt::format("images that go together have shapes {} and {} after preprocessing",
                                            fmt::streamed(batches.front().sizes()), fmt::streamed(batch.sizes()))};
    }
  }
  return std::vector<at::Tensor>{at::cat(batches, pipeline.input.join == Input::Join::batch ? 0 : 1)};
}

at::Tensor header_of(std::span<const float> numbers) {
  if (numbers.empty()) return {};
  return torch::tensor(c10::ArrayRef<float>(numbers.data(), numbers.size())).unsqueeze(0);
}

}  // namespace inferad::engine
