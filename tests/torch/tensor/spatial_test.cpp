// SPDX-License-Identifier: Apache-2.0
// Orientation, Flip, Spacing, Resize and GaussianSmooth on volumes whose result is known.
#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;
using tensor::Affine;

namespace {

const Affine kLps{{{-2, 0, 0, 10}, {0, -3, 0, 20}, {0, 0, 4, -30}, {0, 0, 0, 1}}};

// The world's x at each voxel: linear, so that interpolation gives it back exactly.
tensor::Volume world_x(std::vector<std::int64_t> shape, const Affine& affine) {
  auto i = at::arange(shape[1], at::kDouble).view({-1, 1, 1}), j = at::arange(shape[2], at::kDouble).view({1, -1, 1});
  auto k = at::arange(shape[3], at::kDouble).view({1, 1, -1});
  auto x = i * affine[0][0] + j * affine[0][1] + k * affine[0][2] + affine[0][3];
  return {x.unsqueeze(0).to(at::kFloat), affine};
}

std::string failure(const recipe::Step& step, tensor::Volume volume) {
  tensor::Sample sample{{"image", std::move(volume)}};
  const auto status = (*tensor::make_transform(step))->apply(sample);
  return status ? "" : status.error().what;
}

bool near(const Affine& a, const Affine& b) {
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j)
      if (std::abs(a[i][j] - b[i][j]) > 1e-9) return false;
  return true;
}

}  // namespace

TEST_CASE("an image in LPS turns to RAS by two flips, and its first voxel says where it now lies") {
  auto volume = counting({1, 3, 4, 5});
  volume.affine = kLps;
  const auto turned = done(step("Orientation", {{"axcodes", value("RAS")}}), volume);
  CHECK(turned.data.index({0, 0, 0, 0}).item<float>() == volume.data.index({0, 2, 3, 0}).item<float>());
  CHECK(near(turned.affine, {{{2, 0, 0, 6}, {0, 3, 0, 11}, {0, 0, 4, -30}, {0, 0, 0, 1}}}));
}

TEST_CASE("axes are exchanged when the wanted order differs") {
  auto volume = counting({1, 3, 4, 5});
  volume.affine = kLps;
  const auto turned = done(step("Orientation", {{"axcodes", value("SPL")}}), volume);
  CHECK(turned.data.sizes() == at::IntArrayRef({1, 5, 4, 3}));
  CHECK(turned.data.index({0, 4, 1, 2}).item<float>() == volume.data.index({0, 2, 1, 4}).item<float>());
  CHECK(near(turned.affine, {{{0, 0, -2, 10}, {0, -3, 0, 20}, {4, 0, 0, -30}, {0, 0, 0, 1}}}));
}

TEST_CASE("new spacing samples the same world: a ramp stays a ramp") {
  const Affine turned{{{0.8, -0.45, 0, 3}, {0.6, 0.6, 0, -7}, {0, 0, 2.5, 1}, {0, 0, 0, 1}}};
  for (const auto& affine : {kLps, turned}) {
    const auto volume = done(step("Spacing", {{"pixdim", list({1.0, 1.25, 2.0})}}), world_x({1, 9, 8, 7}, affine));
    auto sizes = volume.data.sizes().vec();
    CHECK((volume.data - world_x(sizes, volume.affine).data).abs().max().item<float>() < 1e-4);
    double square = 0;
    for (std::size_t i = 0; i < 3; ++i) square += volume.affine[i][1] * volume.affine[i][1];
    CHECK(std::sqrt(square) == Approx(1.25));
  }
}

TEST_CASE("a length of half a voxel more rounds to the even number of voxels") {
  CHECK(done(step("Spacing", {{"pixdim", list({2.0, 2.0, 2.0})}}), counting({1, 4, 6, 5})).data.sizes() ==
        at::IntArrayRef({1, 2, 4, 3}));
}

TEST_CASE("a spacing that is not above 0 or almost right stays, and then nothing is interpolated") {
  auto volume = counting({1, 3, 4, 5});
  volume.affine = kLps;
  const auto kept = done(step("Spacing", {{"pixdim", list({2.0004, -1.0, 4.0})}}), volume);
  CHECK(at::equal(kept.data, volume.data));
  CHECK(kept.affine == volume.affine);
}

TEST_CASE("a resized image covers what it covered: the outer corner stays") {
  const auto resized = done(step("Resize", {{"spatial_size", list({2, 2})}}), counting({1, 4, 4}));
  CHECK(at::equal(resized.data.flatten(), at::tensor({2.5, 4.5, 10.5, 12.5}, at::kFloat)));
  CHECK(resized.affine[0][0] == 2);
  CHECK(resized.affine[0][3] == 0.5);
  CHECK(resized.affine[2][2] == 1);
}

TEST_CASE("a point smoothed by a Gaussian keeps its sum and spreads evenly") {
  auto volume = counting({1, 21, 21, 21});
  volume.data.zero_();
  volume.data.index_put_({0, 10, 10, 10}, 1000.0f);
  const auto smooth = done(step("GaussianSmooth", {{"sigma", list({1.5, 0.0, 2.0})}}), volume).data;
  CHECK(smooth.sum().item<float>() == Approx(1000).epsilon(1e-3));
  CHECK(smooth.index({0, 10, 11, 10}).item<float>() == 0);
  CHECK(smooth.index({0, 8, 10, 10}).item<float>() == Approx(smooth.index({0, 12, 10, 10}).item<float>()));
  CHECK(smooth.index({0, 10, 10, 12}).item<float>() > smooth.index({0, 12, 10, 10}).item<float>());
}

TEST_CASE("an affine that is singular and a tensor without spatial axes are errors, not guesses") {
  auto flat = counting({1, 3, 4, 5});
  flat.affine[1] = flat.affine[0];
  CHECK_THAT(failure(step("Orientation", {{"axcodes", value("RAS")}}), flat), Catch::Contains("singular"));
  CHECK_THAT(failure(step("Spacing", {{"pixdim", value(1.0)}}), flat), Catch::Contains("singular"));
  CHECK_THAT(failure(step("Flip"), counting({3, 4})), Catch::Contains("got 2 axes"));
  CHECK_THAT(
      failure(step("Resize", {{"spatial_size", list({4, 4})}, {"mode", value("bilinear")}}), counting({1, 3, 4, 5})),
      Catch::Contains("2 numbers for 3 axes"));
  CHECK_THAT(refusal(step("Orientation", {{"axcodes", value("RRS")}})), Catch::Contains("name each axis once"));
  CHECK_THAT(refusal(step("Spacing", {{"pixdim", value(1.0)}, {"mode", value("bicubic")}})),
             Catch::Contains("`mode` is `bicubic`"));
}
