// SPDX-License-Identifier: Apache-2.0
// What undoes a chain of spatial transforms.
#include "pipelines/tensor/invert.h"

#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;

namespace {

const auto kInvert = step("Invert", {{"orig_keys", value("image")}, {"nearest_interp", value(false)}}, {"pred"});
const auto kArgmax = step("AsDiscrete", {{"argmax", value(true)}}, {"pred"});

// An image in LPS after `steps`, and a prediction of `channels` on its grid in which no two channels are alike.
tensor::Sample predicted(const std::vector<recipe::Step>& steps, std::int64_t channels) {
  auto volume = counting({1, 17, 15, 9});
  volume.affine = {{{-0.8, 0, 0, 30}, {0, -0.9, 0, 20}, {0, 0, 3, -50}, {0, 0, 0, 1}}};
  tensor::Sample sample{{"image", volume}};
  const auto chain = tensor::make_chain(steps);
  if (!chain) FAIL(chain.error().what);
  REQUIRE(tensor::apply(*chain, sample));
  auto shape = sample.at("image").data.sizes().vec();
  shape[0] = channels;
  sample["pred"] = {(counting(shape).data * 12.9898).sin()};
  return sample;
}

// By each step on its own.
at::Tensor one_by_one(tensor::Sample sample) {
  for (const auto& each : {kInvert, kArgmax}) REQUIRE((*tensor::make_transform(each))->apply(sample));
  return sample.at("pred").data;
}

}  // namespace

TEST_CASE("what a chain did is undone on the prediction, and what was cut off is 0") {
  const auto chain = tensor::make_chain({step("Orientation", {{"axcodes", value("ASL")}}),
                                         step("Flip", {{"spatial_axis", list({0, 2})}}),
                                         step("SpatialPad", {{"spatial_size", list({9, 9, 9})}}),
                                         step("CenterSpatialCrop", {{"roi_size", list({6, 9, 4})}})});
  REQUIRE(chain);
  auto volume = counting({1, 5, 6, 7});
  volume.affine = {{{-1, 0, 0, 4}, {0, -1, 0, 3}, {0, 0, 2, 9}, {0, 0, 0, 1}}};
  tensor::Sample sample{{"image", volume}};
  REQUIRE(tensor::apply(*chain, sample));
  CHECK(sample.at("image").done.size() == 4);
  sample["pred"] = {sample.at("image").data.clone()};
  const auto invert = step("Invert", {{"orig_keys", value("image")}, {"nearest_interp", value(false)}}, {"pred"});
  REQUIRE((*tensor::make_transform(invert))->apply(sample));
  const auto& undone = sample.at("pred");
  CHECK(undone.affine == volume.affine);
  REQUIRE(undone.data.sizes() == volume.data.sizes());
  CHECK(at::equal(undone.data.slice(1, 1), volume.data.slice(1, 1)));
  CHECK(undone.data.index({0, 0}).abs().max().item<float>() == 0);
}

TEST_CASE("a prediction of another shape cannot be inverted") {
  tensor::Sample sample{{"image", counting({1, 5, 6, 7})}, {"pred", counting({1, 5, 6, 8})}};
  const auto invert = step("Invert", {{"orig_keys", value("image")}}, {"pred"});
  const auto status = (*tensor::make_transform(invert))->apply(sample);
  REQUIRE_FALSE(status);
  CHECK_THAT(status.error().what, Catch::Contains("[5, 6, 8], its image [5, 6, 7]"));
}

namespace {

const auto kOrientation = step("Orientation", {{"axcodes", value("RAS")}});
const auto kSpacing = step("Spacing", {{"pixdim", list({1.5, 1.3, 2.0})}});
const auto kCrop = step("CenterSpatialCrop", {{"roi_size", list({6, 7, 8})}});
const auto kResize = step("Resize", {{"spatial_size", list({8, 8, 8})}});

// What is undone by interpolation: nothing, by axes, by axes and padding, turned, and by another step as the last one.
const std::vector<std::vector<recipe::Step>> kChains = {{kOrientation, kSpacing},
                                                        {kOrientation, kSpacing, kCrop},
                                                        {kSpacing, kOrientation, kResize},
                                                        {kResize, kOrientation},
                                                        {kOrientation},
                                                        {step("Spacing", {{"pixdim", list({0.8, 0.9, 3.0})}})}};

}  // namespace

TEST_CASE("interpolating back one channel into bytes gives 255ths of what the inverse gives") {
  for (const auto& steps : kChains) {
    CAPTURE(steps.size());
    auto sample = predicted(steps, 1);
    auto& prediction = sample.at("pred");
    prediction.data = prediction.data.mul(0.5).add(0.5);  // 0 to 1
    const auto bytes = tensor::invert_fractions(prediction, sample.at("image"));
    REQUIRE(bytes);
    CHECK(bytes->data.scalar_type() == at::kByte);
    const auto floats = tensor::invert(prediction, sample.at("image"), false);
    REQUIRE(floats);
    CHECK(at::equal(bytes->data, floats->data.clamp(0, 1).mul(255).add(0.5).to(at::kByte)));
    CHECK(bytes->data.max().item<int>() > 200);
  }
}

TEST_CASE("a turned grid gives the same 255ths") {
  auto volume = counting({1, 12, 11, 6});
  volume.affine = {{{0.8, -0.5, 0, 30}, {0.5, 0.8, 0, 20}, {0, 0, 3, -50}, {0, 0, 0, 1}}};
  tensor::Sample sample{{"image", volume}};
  const auto chain =
      tensor::make_chain({step("Spacing", {{"pixdim", list({1.5, 1.3, 2.0})}, {"diagonal", value(true)}})});
  REQUIRE(tensor::apply(*chain, sample));
  sample["pred"] = {(counting(sample.at("image").data.sizes().vec()).data * 12.9898).sin().mul(0.5).add(0.5)};
  const auto bytes = tensor::invert_fractions(sample.at("pred"), sample.at("image"));
  const auto floats = tensor::invert(sample.at("pred"), sample.at("image"), false);
  REQUIRE(bytes);
  CHECK(at::equal(bytes->data, floats->data.clamp(0, 1).mul(255).add(0.5).to(at::kByte)));
}

TEST_CASE("interpolating back and taking the largest channel at once gives the labels of both steps in turn") {
  for (const auto& steps : kChains) {
    CAPTURE(steps.size());
    const auto sample = predicted(steps, 4);
    const auto chain = tensor::make_chain({kInvert, kArgmax});
    REQUIRE(chain);
    CHECK(chain->size() == 1);
    auto fused = sample;
    REQUIRE(tensor::apply(*chain, fused));
    CHECK(at::equal(fused.at("pred").data, one_by_one(sample)));
    CHECK(fused.at("pred").affine[0][3] == Approx(30));
  }
}

TEST_CASE("labels stay bytes where the caller wants it and nothing follows but saving") {
  auto sample = predicted({kSpacing}, 3);
  const auto save = step("SaveImage", {}, {"pred"});
  REQUIRE(tensor::apply(*tensor::make_chain({kInvert, kArgmax, save}, true), sample));
  CHECK(sample.at("pred").data.scalar_type() == at::kByte);
  const auto more = tensor::make_chain({kInvert, kArgmax, step("EnsureType", {}, {"pred"})}, true);
  auto again = predicted({kSpacing}, 3);
  REQUIRE(tensor::apply(*more, again));
  CHECK(again.at("pred").data.scalar_type() == at::kFloat);
}

TEST_CASE("only an argmax by itself, after an inverse by interpolation, is done at once") {
  const auto nearest = step("Invert", {{"orig_keys", value("image")}, {"nearest_interp", value(true)}}, {"pred"});
  const auto one_hot = step("AsDiscrete", {{"argmax", value(true)}, {"to_onehot", value(3)}}, {"pred"});
  CHECK(tensor::make_chain({nearest, kArgmax})->size() == 2);
  CHECK(tensor::make_chain({kInvert, one_hot})->size() == 2);
}
