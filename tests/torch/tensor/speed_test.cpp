// SPDX-License-Identifier: Apache-2.0
// torch_tensor "[speed]": seconds for what a CT of 300 slices goes through beside the network. Not part of the test
// run.
#include <ATen/Parallel.h>

#include <chrono>
#include <ctime>
#include <iostream>

#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;

namespace {

template <class Work>
void timed(const char* what, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  const auto cpu = std::clock();
  work();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << what << ": " << took.count() << " s, processor time "
            << static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC << " s\n";
}

}  // namespace

TEST_CASE("a CT of 300 slices there and back", "[.speed]") {
  at::set_num_threads(2);
  // As a series lies in memory: slice, row, column; the axes are column, row, slice.
  auto data = (at::arange(512 * 512 * 300, at::kFloat) % 1999).reshape({1, 300, 512, 512}).permute({0, 3, 2, 1});
  tensor::Sample sample{{"image", {data, {{{-0.7, 0, 0, 180}, {0, -0.7, 0, 180}, {0, 0, 1, 0}, {0, 0, 0, 1}}}}}};
  data.reset();
  const auto orientation = tensor::make_transform(step("Orientation", {{"axcodes", value("RAS")}}));
  const auto spacing = tensor::make_transform(step("Spacing", {{"pixdim", list({1.5, 1.5, 1.5})}}));
  timed("Orientation", [&] { REQUIRE((*orientation)->apply(sample)); });
  timed("Spacing", [&] { REQUIRE((*spacing)->apply(sample)); });
  auto shape = sample.at("image").data.sizes().vec();
  for (const std::int64_t channels : {2, 5}) {
    shape[0] = channels;
    sample["pred"] = {at::zeros(shape)};
    sample.at("pred").data.select(0, 1).copy_(sample.at("image").data[0] / 1000 - 1);
    const auto post =
        tensor::make_chain({step("Activations", {{"softmax", value(true)}}, {"pred"}),
                            step("Invert", {{"orig_keys", value("image")}, {"nearest_interp", value(false)}}, {"pred"}),
                            step("AsDiscrete", {{"argmax", value(true)}}, {"pred"})},
                           true);
    timed(channels == 2 ? "softmax, Invert, argmax of 2 channels" : "softmax, Invert, argmax of 5 channels",
          [&] { REQUIRE(tensor::apply(*post, sample)); });
    CHECK(sample.at("pred").data.sizes() == at::IntArrayRef({1, 512, 512, 300}));
  }
}
