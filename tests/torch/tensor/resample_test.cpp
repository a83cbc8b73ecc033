// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/resample.h"

#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;
using tensor::Affine;
using tensor::Padding;
using tensor::Resampling;

namespace {

// No regularity that a wrong neighbour could hide in.
at::Tensor rough(std::vector<std::int64_t> shape) {
  const auto x = counting(shape).data;
  return (x * 12.9898 + 0.5).sin() * 500 + x % 7;
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a - b).abs().max().item<double>();
}

void agree(const at::Tensor& data, const Affine& map, const tensor::Shape& shape, const Resampling& options) {
  CAPTURE(options.nearest, static_cast<int>(options.padding), options.align_corners);
  const auto ours = tensor::resample(data, map, shape, options);
  CHECK(ours.scalar_type() == at::kFloat);
  CHECK(largest_difference(ours, tensor::resample_by_grid(data, map, shape, options)) < 1e-3);
}

const Affine kSmaller{{{1.37, 0, 0, -0.8}, {0, 1.91, 0, 0.3}, {0, 0, 0.61, 1.2}, {0, 0, 0, 1}}};
// No place half-way between two voxels.
const Affine kTurned{{{0.9, 0.3, -0.1, -1.53}, {-0.25, 1.1, 0.2, 0.71}, {0.15, -0.2, 0.8, 1.43}, {0, 0, 0, 1}}};

}  // namespace

TEST_CASE("resampling axis by axis and along turned axes is what torch's grid_sample gives") {
  const auto data = rough({2, 9, 8, 7});
  for (const auto padding : {Padding::border, Padding::zeros, Padding::reflection})
    for (const bool nearest : {false, true})
      for (const bool align_corners : {false, true}) {
        agree(data, kSmaller, {7, 6, 13}, {nearest, padding, align_corners});
        agree(data, kTurned, {8, 7, 9}, {nearest, padding, align_corners});
      }
  agree(rough({1, 9, 8}), kSmaller, {7, 5}, {});
  agree(rough({1, 1, 1, 5}), kSmaller, {2, 1, 3}, {});
}

TEST_CASE("a permuted or cut tensor is resampled like its contiguous copy, and keeps its order in memory") {
  const auto data = rough({2, 9, 8, 7}).permute({0, 3, 2, 1}).narrow(1, 1, 5);
  REQUIRE_FALSE(data.is_contiguous());
  const auto ours = tensor::resample(data, kSmaller, {4, 5, 6}, {});
  CHECK(largest_difference(ours, tensor::resample(data.contiguous(), kSmaller, {4, 5, 6}, {})) == 0);
  CHECK(ours.stride(1) == 1);
}

TEST_CASE("half-way between two voxels the nearest is the even one") {
  auto halves = tensor::kIdentity;
  halves[0][0] = 0.5;
  const auto picked = tensor::resample(counting({1, 4, 1, 1}).data, halves, {7, 1, 1}, {true});
  const auto expected = at::tensor({0, 0, 1, 2, 2, 2, 3}, at::kFloat);
  CHECK(at::equal(picked.flatten(), expected));
}
