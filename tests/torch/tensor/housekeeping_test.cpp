// SPDX-License-Identifier: Apache-2.0
#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;

TEST_CASE("the channel becomes the first axis, wherever it was") {
  auto loaded = counting({4, 5, 3});
  CHECK(done(step("EnsureChannelFirst", {{"channel_dim", value(-1)}}), loaded).data.sizes() ==
        at::IntArrayRef({3, 4, 5}));
  CHECK(done(step("EnsureChannelFirst", {{"channel_dim", value("no_channel")}}), loaded).data.dim() == 4);
  loaded.channel_axis = std::nullopt;
  CHECK(done(step("EnsureChannelFirst"), loaded).data.sizes() == at::IntArrayRef({1, 4, 5, 3}));
  loaded.channel_axis = 2;
  const auto moved = done(step("EnsureChannelFirst"), loaded);
  CHECK(moved.data.index({2, 1, 0}).item<float>() == 17);
  CHECK(moved.channel_axis == 0);
}

TEST_CASE("types change where a step says so, and only there") {
  CHECK(done(step("CastToType", {{"dtype", value("int16")}}), counting({1, 2, 2})).data.scalar_type() == at::kShort);
  CHECK(done(step("EnsureType", {{"device", value("cuda:0")}}), counting({1, 2, 2})).data.scalar_type() == at::kFloat);
  auto labels = counting({1, 2, 2});
  labels.data = labels.data.to(at::kLong);
  CHECK(done(step("EnsureType"), labels).data.scalar_type() == at::kLong);
  CHECK(done(step("LoadImage"), labels).data.scalar_type() == at::kFloat);
}

TEST_CASE("a transposed tensor is the permuted one, and indices that are no permutation are an error") {
  const auto turned = done(step("Transpose", {{"indices", list({2, 0, 1})}}), counting({2, 3, 4}));
  CHECK(turned.data.sizes() == at::IntArrayRef({4, 2, 3}));
  CHECK(turned.data.index({3, 1, 2}).item<float>() == 23);
  tensor::Sample sample{{"image", counting({2, 3})}};
  CHECK_FALSE((*tensor::make_transform(step("Transpose", {{"indices", list({0, 0})}})))->apply(sample));
}

TEST_CASE("a squeezed axis leaves the others where they were in the world") {
  auto volume = counting({1, 3, 1, 4});
  volume.affine = {{{2, 0, 0, 5}, {0, 3, 0, 6}, {0, 0, 4, 7}, {0, 0, 0, 1}}};
  const auto flat = done(step("SqueezeDim", {{"dim", value(2)}}), volume);
  CHECK(flat.data.sizes() == at::IntArrayRef({1, 3, 4}));
  CHECK(flat.affine == tensor::Affine{{{2, 0, 0, 5}, {0, 0, 3, 6}, {0, 4, 0, 7}, {0, 0, 0, 1}}});
}
