// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/spatial.h"

#include <fmt/format.h>

namespace inferad::tensor {

Shape spatial_shape(const Volume& volume) {
  const auto sizes = volume.data.sizes();
  return {sizes.begin() + 1, sizes.end()};
}

Status check_spatial(const Volume& volume) {
  const auto rank = volume.data.dim();
  if (rank == 3 || rank == 4) return ok();
  return Error{Errc::model, fmt::format("expected [channel, i, j] or [channel, i, j, k], got {} axes", rank)};
}

Result<Shape> for_each_axis(const Shape& given, std::size_t rank, std::int64_t fallback) {
  if (given.empty()) return Shape(rank, fallback);
  if (given.size() == 1) return Shape(rank, given.front());
  if (given.size() == rank) return given;
  return Error{Errc::model, fmt::format("{} numbers for {} axes", given.size(), rank)};
}

void SpatialTransform::record(Volume& volume, at::Tensor result, const Affine& index_map,
                              std::vector<std::int64_t> numbers) const {
  volume.done.push_back({shared_from_this(), spatial_shape(volume), volume.affine, std::move(numbers)});
  volume.affine = product(volume.affine, index_map);
  volume.data = std::move(result);
}

Status SpatialTransform::change(Volume& volume) const {
  INFERAD_TRY_STATUS(check_spatial(volume));
  return move(volume);
}

}  // namespace inferad::tensor
