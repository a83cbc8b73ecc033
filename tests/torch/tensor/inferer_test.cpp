// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/inferer.h"

#include "pipelines/tensor/windows.h"
#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;

namespace {

tensor::Inferer inferer(const std::string& target, recipe::Dict arguments) {
  const auto made = tensor::make_inferer(step(target, std::move(arguments), {}));
  if (!made) FAIL(made.error().what);
  return *made;
}

std::string inferer_refusal(const std::string& target, recipe::Dict arguments) {
  const auto made = tensor::make_inferer(step(target, std::move(arguments), {}));
  return made ? "" : made.error().what;
}

at::Tensor run(const tensor::Inferer& how, const at::Tensor& input, const tensor::Network& network) {
  const auto output = tensor::infer(how, input, network);
  if (!output) FAIL(output.error().what);
  return *output;
}

at::Tensor same(const at::Tensor& input) { return input.clone(); }

at::Tensor volume(std::vector<std::int64_t> shape) { return counting(std::move(shape)).data; }

}  // namespace

TEST_CASE("windows cover the image, the last one shifted back inside") {
  const auto how = inferer("SlidingWindowInferer", {{"roi_size", list({4, -1})}, {"overlap", value(0.5)}});
  const auto windows = tensor::place_windows(how, {9, 3});
  REQUIRE(windows);
  CHECK(windows->window == tensor::Shape{4, 3});
  CHECK(windows->starts == std::vector<tensor::Shape>{{0, 0}, {2, 0}, {4, 0}, {5, 0}});
  const auto small = tensor::place_windows(inferer("SlidingWindowInferer", {{"roi_size", value(4)}}), {1, 4, 5});
  REQUIRE(small);
  CHECK(small->padded == tensor::Shape{4, 4, 5});
  CHECK(small->pad_before == tensor::Shape{1, 0, 0});
  CHECK(small->starts == std::vector<tensor::Shape>{{0, 0, 0}, {0, 0, 1}});
  CHECK_FALSE(tensor::place_windows(how, {9, 3, 3}));
  const auto dense = inferer("SlidingWindowInferer", {{"roi_size", value(2)}, {"overlap", value(0.99)}});
  CHECK(tensor::place_windows(dense, {5})->starts.size() == 4);
}

TEST_CASE("a gaussian window weighs its middle most and nothing less than a thousandth") {
  const auto how = inferer("SlidingWindowInferer", {{"roi_size", value(9)}, {"mode", value("gaussian")}});
  const auto weights = tensor::window_weights(how, {9, 9});
  CHECK(weights[4][4].item<float>() == 1);
  CHECK(weights[4][5].item<double>() == Approx(std::exp(-1 / (2 * 1.125 * 1.125))));
  CHECK(weights[4][5].item<double>() == weights[3][4].item<double>());
  CHECK(weights.min().item<double>() == Approx(1e-3));
}

TEST_CASE("a network that changes nothing gives the image back, however it is cut") {
  const auto image = volume({2, 3, 7, 9, 5}).div_(1000);
  for (const auto* mode : {"constant", "gaussian"}) {
    for (const int batch : {1, 3, 100}) {
      const auto how = inferer("SlidingWindowInferer", {{"roi_size", list({4, 12, 3})},
                                                        {"sw_batch_size", value(batch)},
                                                        {"overlap", list({0.5, 0.0, 0.25})},
                                                        {"mode", value(mode)},
                                                        {"padding_mode", value("replicate")}});
      CHECK(run(how, image, same).allclose(image, 1e-6, 1e-6));
    }
  }
  for (const int axis : {0, 1, 2}) {
    const auto how = inferer("SliceInferer",
                             {{"roi_size", list({4, 4})}, {"spatial_dim", value(axis)}, {"sw_batch_size", value(5)}});
    CHECK(run(how, image, same).allclose(image, 1e-6, 1e-6));
  }
  CHECK(run(inferer("SimpleInferer", {}), image, same).equal(image));
  CHECK(run(inferer("", {}), image, same).equal(image));
}

TEST_CASE("an image smaller than a window is padded with the value asked for") {
  const auto how = inferer("SlidingWindowInferer", {{"roi_size", value(4)}, {"cval", value(-5)}});
  at::Tensor seen;
  const auto output = run(how, at::ones({1, 1, 2, 3}), [&](const at::Tensor& input) { return seen = input.clone(); });
  CHECK(seen.sizes() == at::IntArrayRef({1, 1, 4, 4}));
  CHECK(seen[0][0][0].eq(-5).all().item<bool>());
  CHECK(seen[0][0][1][0].item<float>() == 1);
  CHECK(seen[0][0][1][3].item<float>() == -5);
  CHECK(output.equal(at::ones({1, 1, 2, 3})));
}

TEST_CASE("a slice inferer shows the network slices of the axis asked for") {
  const auto how = inferer("SliceInferer", {{"roi_size", list({-1, -1})}, {"spatial_dim", value(1)}});
  std::vector<float> firsts;
  run(how, volume({1, 1, 2, 3, 4}), [&](const at::Tensor& input) {
    CHECK(input.sizes() == at::IntArrayRef({1, 1, 2, 4}));
    firsts.push_back(input.flatten()[0].item<float>());
    return input.clone();
  });
  CHECK(firsts == std::vector<float>{0, 4, 8});
}

TEST_CASE("a network may give windows of another size") {
  const auto image = volume({1, 1, 8, 8});
  const auto halved = [](const at::Tensor& input) { return at::avg_pool2d(input, {2, 2}); };
  const auto how =
      inferer("SlidingWindowInferer", {{"roi_size", value(4)}, {"overlap", value(0.5)}, {"mode", value("gaussian")}});
  CHECK(run(how, image, halved).allclose(halved(image), 1e-5, 1e-5));
}

TEST_CASE("windows of nothing but background are left out when asked to") {
  auto image = at::zeros({2, 1, 4, 8});
  image[1][0][0][0] = 5;
  for (const auto* mode : {"constant", "gaussian"}) {
    const auto how = inferer("SlidingWindowInferer", {{"roi_size", value(4)},
                                                      {"overlap", value(0)},
                                                      {"mode", value(mode)},
                                                      {"background", value(0)},
                                                      {"background_output", list({1, -1})}});
    std::int64_t shown = 0;
    const auto output = run(how, image, [&](const at::Tensor& input) {
      shown += input.size(0);
      return at::cat({input, input}, 1);
    });
    CHECK(shown == 1);
    CHECK(output[1][1][0][0].item<float>() == 5);
    CHECK(output[1].narrow(2, 4, 4).equal(at::tensor({1.F, -1.F}).view({2, 1, 1}).expand({2, 4, 4})));
    CHECK(output[0][0].eq(1).all().item<bool>());
  }
  const auto nothing = inferer("SlidingWindowInferer",
                               {{"roi_size", value(4)}, {"background", value(9)}, {"background_output", value(0.5)}});
  CHECK(run(nothing, image, same)[1].eq(0.5).all().item<bool>());
  CHECK_THAT(inferer_refusal("SlidingWindowInferer", {{"roi_size", value(4)}, {"background", value(9)}}),
             Catch::Contains("`background_output` is missing"));
}

TEST_CASE("progress reaches one, and a stop ends the work") {
  const auto how = inferer("SlidingWindowInferer", {{"roi_size", value(2)}, {"overlap", value(0)}});
  std::vector<double> fractions;
  REQUIRE(tensor::infer(how, volume({1, 1, 4, 4}), same, [&](double fraction) { fractions.push_back(fraction); }));
  CHECK(fractions == std::vector<double>{0.25, 0.5, 0.75, 1});
  int calls = 0;
  const auto counted = [&](const at::Tensor& input) {
    ++calls;
    return input.clone();
  };
  const auto stopped = tensor::infer(how, volume({1, 1, 4, 4}), counted, {}, [&] { return calls == 2; });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Errc::cancelled);
  CHECK(calls == 2);
}

TEST_CASE("a network's output of a wrong shape is an error of the model") {
  const auto how = inferer("SlidingWindowInferer", {{"roi_size", value(2)}});
  const auto flat = tensor::infer(how, volume({1, 1, 4, 4}), [](const at::Tensor& x) { return x.flatten(1); });
  REQUIRE_FALSE(flat);
  CHECK(flat.error().code == Errc::model);
  const auto none = tensor::infer(how, volume({1, 1, 4, 4}), [](const at::Tensor&) { return at::Tensor(); });
  REQUIRE_FALSE(none);
  CHECK_FALSE(tensor::infer(how, volume({4, 4}), same));
}

TEST_CASE("an inferer that is not supported is refused by its name, an argument by its own") {
  CHECK(inferer_refusal("RetinaNetInferer", {}) ==
        "preprocessing#transforms#0: inferer `RetinaNetInferer` is not supported");
  CHECK_THAT(inferer_refusal("SlidingWindowInferer", {}), Catch::Contains("`roi_size` is missing"));
  CHECK_THAT(inferer_refusal("SlidingWindowInferer", {{"roi_size", value(8)}, {"overlap", value(1.0)}}),
             Catch::Contains("`overlap` must be"));
  CHECK_THAT(inferer_refusal("SlidingWindowInferer", {{"roi_size", value(8)}, {"mode", value("linear")}}),
             Catch::Contains("`mode` is `linear`"));
  CHECK_THAT(inferer_refusal("SlidingWindowInferer", {{"roi_size", value(8)}, {"with_coord", value(true)}}),
             Catch::Contains("`with_coord` is not supported"));
  CHECK_THAT(inferer_refusal("SliceInferer", {{"roi_size", value(8)}}), Catch::Contains("must have two numbers"));
  CHECK_THAT(inferer_refusal("SimpleInferer", {{"speed", value(1)}}), Catch::Contains("`speed` is not supported"));
}
