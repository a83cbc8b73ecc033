// SPDX-License-Identifier: Apache-2.0
// Crops and pads.
#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;

namespace {

tensor::Volume padded_line(const char* mode) {
  return done(step("BorderPad", {{"spatial_border", list({2, 0})}, {"mode", value(mode)}}), counting({1, 3, 1}));
}

std::vector<float> values(const tensor::Volume& volume) {
  const auto flat = volume.data.contiguous().flatten();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

}  // namespace

TEST_CASE("beyond the edge stands what the mode says") {
  CHECK(values(padded_line("constant")) == std::vector<float>{0, 0, 0, 1, 2, 0, 0});
  CHECK(values(padded_line("edge")) == std::vector<float>{0, 0, 0, 1, 2, 2, 2});
  CHECK(values(padded_line("reflect")) == std::vector<float>{2, 1, 0, 1, 2, 1, 0});
  CHECK(values(padded_line("symmetric")) == std::vector<float>{1, 0, 0, 1, 2, 2, 1});
  CHECK(values(padded_line("wrap")) == std::vector<float>{1, 2, 0, 1, 2, 0, 1});
  CHECK(values(padded_line("maximum")) == std::vector<float>{2, 2, 0, 1, 2, 2, 2});
}

TEST_CASE("pads and crops move the origin by what they add or take in front") {
  const auto pad = done(step("SpatialPad", {{"spatial_size", list({6, 3, -1})}}), counting({1, 3, 4, 5}));
  CHECK(pad.data.sizes() == at::IntArrayRef({1, 6, 4, 5}));
  CHECK(pad.affine[0][3] == -1);
  CHECK(pad.data.index({0, 1, 0, 0}).item<float>() == 0);
  CHECK(pad.data.index({0, 2, 0, 0}).item<float>() == 20);
  const auto crop = done(step("CenterSpatialCrop", {{"roi_size", list({1, 2, 9})}}), counting({1, 3, 4, 5}));
  CHECK(crop.data.sizes() == at::IntArrayRef({1, 1, 2, 5}));
  CHECK(crop.affine[1][3] == 1);
  const auto divisible =
      done(step("DivisiblePad", {{"k", value(4)}, {"method", value("end")}}), counting({1, 3, 4, 5}));
  CHECK(divisible.data.sizes() == at::IntArrayRef({1, 4, 4, 8}));
}

TEST_CASE("the foreground of one entry cuts several") {
  tensor::Sample sample{{"image", counting({1, 5, 6, 7})}, {"other", counting({2, 5, 6, 7})}};
  sample.at("image").data.zero_();
  sample.at("image").data.index_put_({0, 1, 2, 3}, 1.0f);
  sample.at("image").data.index_put_({0, 3, 2, 3}, 2.0f);
  const auto crop =
      step("CropForeground", {{"source_key", value("image")}, {"margin", list({0, 1, 9})}}, {"image", "other"});
  REQUIRE((*tensor::make_transform(crop))->apply(sample));
  CHECK(sample.at("image").data.sizes() == at::IntArrayRef({1, 3, 3, 7}));
  CHECK(sample.at("other").data.sizes() == at::IntArrayRef({2, 3, 3, 7}));
  CHECK(sample.at("other").affine[0][3] == 1);
  sample.at("image").data.zero_();
  const auto empty = (*tensor::make_transform(crop))->apply(sample);
  REQUIRE_FALSE(empty);
  CHECK_THAT(empty.error().what, Catch::Contains("no foreground"));
}
