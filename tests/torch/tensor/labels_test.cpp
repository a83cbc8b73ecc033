// SPDX-License-Identifier: Apache-2.0
#include <queue>
#include <random>

#include "pipelines/tensor/components.h"
#include "pipelines/tensor/discrete.h"
#include "pipelines/tensor/label_cleaning.h"
#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;

namespace {

at::Tensor labels(std::vector<float> values, std::vector<std::int64_t> shape) {
  return at::tensor(values).reshape(shape);
}

// Components by flood filling, numbered in storage order: what union-find over runs must agree with.
std::vector<int> flooded(const std::vector<std::uint8_t>& values, const std::array<std::int64_t, 4>& shape, int reach) {
  std::vector<int> number(values.size(), -1);
  int count = 0;
  const auto index = [&](const std::array<std::int64_t, 4>& at) {
    return static_cast<std::size_t>(((at[0] * shape[1] + at[1]) * shape[2] + at[2]) * shape[3] + at[3]);
  };
  const auto spread = [&](std::array<std::int64_t, 4> seed) {
    std::queue<std::array<std::int64_t, 4>> open({seed});
    number[index(seed)] = count;
    for (; !open.empty(); open.pop()) {
      for (int code = 0; code < 81; ++code) {
        auto at = open.front();
        int hops = 0, rest = code;
        bool inside = true;
        for (std::size_t axis = 0; axis < 4; ++axis, rest /= 3) {
          at[axis] += rest % 3 - 1;
          hops += rest % 3 != 1;
          inside &= at[axis] >= 0 && at[axis] < shape[axis];
        }
        if (!inside || hops > reach || number[index(at)] >= 0 || values[index(at)] != values[index(seed)]) continue;
        number[index(at)] = count;
        open.push(at);
      }
    }
    ++count;
  };
  for (std::int64_t n = 0; n < static_cast<std::int64_t>(values.size()); ++n) {
    const std::array at{n / shape[3] / shape[2] / shape[1], n / shape[3] / shape[2] % shape[1], n / shape[3] % shape[2],
                        n % shape[3]};
    if (values[static_cast<std::size_t>(n)] != 0 && number[static_cast<std::size_t>(n)] < 0) spread(at);
  }
  return number;
}

}  // namespace

TEST_CASE("components of random label maps are those that flood filling finds") {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    const std::array<std::int64_t, 4> shape{1 + round % 3, 1 + round % 5, 6, 9};
    std::vector<std::uint8_t> values(static_cast<std::size_t>(shape[0] * shape[1] * shape[2] * shape[3]));
    for (auto& value : values) value = static_cast<std::uint8_t>(random() % 4);
    const tensor::View<std::uint8_t> view{
        values.data(), shape, {shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1}};
    const auto runs = tensor::find_runs(view, [](std::uint8_t value) { return std::uint32_t{value}; });
    for (int connectivity = 1; connectivity <= 4; ++connectivity) {
      const tensor::Components components(runs, connectivity);
      std::vector<int> found(values.size(), -1);
      for (std::int64_t row = 0; row < runs.rows(); ++row)
        for (auto n = runs.starts[static_cast<std::size_t>(row)]; n < runs.starts[static_cast<std::size_t>(row) + 1];
             ++n)
          std::fill(found.begin() + row * shape[3] + runs.runs[n].begin,
                    found.begin() + row * shape[3] + runs.runs[n].end, static_cast<int>(components.of_run(n)));
      REQUIRE(found == flooded(values, shape, connectivity));
    }
  }
}

TEST_CASE("the largest component of each label is kept, the last of equal ones") {
  const auto map = labels({1, 0, 2, 2,  //
                           1, 0, 0, 0,  //
                           0, 2, 0, 1},
                          {1, 3, 4});
  tensor::KeepLargest how;
  how.connectivity = 1;
  CHECK(tensor::keep_largest(map, how)->equal(labels({1, 0, 2, 2, 1, 0, 0, 0, 0, 0, 0, 0}, {1, 3, 4})));
  how.labels = {2};
  CHECK(tensor::keep_largest(map, how)->equal(labels({1, 0, 2, 2, 1, 0, 0, 0, 0, 0, 0, 1}, {1, 3, 4})));
  how.labels = {};
  how.connectivity = 0;  // corners too: the lower 2 touches the left 1, but labels are independent
  CHECK(tensor::keep_largest(map, how)->equal(labels({1, 0, 2, 2, 1, 0, 0, 0, 0, 0, 0, 0}, {1, 3, 4})));
  how.independent = false;  // 1, 1 and 2 against 2, 2
  CHECK(tensor::keep_largest(map, how)->equal(labels({1, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0}, {1, 3, 4})));
  const auto equal = labels({1, 0, 1, 0, 1}, {1, 1, 5});
  CHECK(tensor::keep_largest(equal, {})->equal(labels({0, 0, 0, 0, 1}, {1, 1, 5})));
  how = {};
  how.count = 2;
  CHECK(tensor::keep_largest(equal, how)->equal(labels({0, 0, 1, 0, 1}, {1, 1, 5})));
}

TEST_CASE("one-hot channels are cleaned each for itself") {
  const auto map = labels({1, 0, 1, 1, 0.5, 0, 0, 0.5, 0, 0.5, 0.5, 0}, {3, 1, 4});
  CHECK(tensor::keep_largest(map, {})->equal(labels({1, 0, 1, 1, 0, 0, 0, 0.5, 0, 0.5, 0.5, 0}, {3, 1, 4})));
  tensor::KeepLargest how;
  how.labels = {3};
  const auto refused = tensor::keep_largest(map, how);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().what, Catch::Contains("label 3 has no channel"));
}

TEST_CASE("small objects go; above 1, objects are labels as MONAI has it") {
  tensor::RemoveSmall how;
  how.elements_min = 2;
  const auto mask = labels({1, 0, 1, 1, 0, 0, 1, 0, 0, 0}, {1, 2, 5});
  CHECK(tensor::remove_small(mask, how)->equal(labels({0, 0, 1, 1, 0, 0, 0, 0, 0, 0}, {1, 2, 5})));
  how.connectivity = 2;
  CHECK(tensor::remove_small(mask, how)->equal(mask));
  const auto map = labels({2, 0, 3, 0, 3}, {1, 1, 5});
  CHECK(tensor::remove_small(map, how)->equal(labels({0, 0, 3, 0, 3}, {1, 1, 5})));
}

TEST_CASE("a hole is what one label encloses") {
  const auto map = labels({1, 1, 1, 2, 2, 2, 3, 3,  //
                           1, 0, 1, 2, 0, 0, 3, 0,  //
                           1, 1, 1, 2, 2, 2, 3, 3},
                          {1, 3, 8});
  auto filled = map.clone();
  filled[0][1][1] = 1;
  CHECK(tensor::fill_holes(map, {}, 0)->equal(filled));
  CHECK(tensor::fill_holes(map, {2, 3}, 0)->equal(map));
  const auto diamond = labels({0, 1, 0, 1, 0, 1, 0, 1, 0}, {1, 3, 3});
  CHECK(tensor::fill_holes(diamond, {}, 2)->equal(diamond));
  CHECK(tensor::fill_holes(diamond, {}, 1)->equal(labels({0, 1, 0, 1, 1, 1, 0, 1, 0}, {1, 3, 3})));
  const auto lost = labels({1, 1, 1, 1, 2, 1, 1, 1, 1}, {1, 3, 3});
  CHECK(tensor::fill_holes(lost, {}, 0)->equal(at::ones({1, 3, 3})));
}

TEST_CASE("labels that are not named go, components at the border go") {
  const auto map = labels({1, 2, 3, 0, 2, 7}, {1, 2, 3});
  CHECK(tensor::filter_labels(map, {2, 7}).equal(labels({0, 2, 0, 0, 2, 7}, {1, 2, 3})));
  const auto mask = at::zeros({1, 5, 5, 3});
  mask[0][2][2].fill_(1);     // through all slices
  mask[0][0][4][1].fill_(1);  // at the edge of a slice
  auto inner = mask.clone();
  inner[0][0][4][1] = 0;
  CHECK(tensor::clear_border(mask, {0, 1}, 0)->equal(inner));
  CHECK(tensor::clear_border(mask, {}, 0)->equal(at::zeros_like(mask)));
  CHECK_FALSE(tensor::clear_border(mask, {3}, 0));
}

TEST_CASE("the label is the first of the largest channels") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto data = labels({0, 3, 1, nan, 5,  //
                            0, 2, 4, 9, nan,  //
                            0, 3, 4, nan, nan},
                           {3, 1, 5});
  for (const auto type : {at::kFloat, at::kByte, at::kLong, at::kShort}) {
    const auto found = tensor::argmax_channels(data, type);
    CHECK(found.scalar_type() == type);
    CHECK(found.to(at::kFloat).equal(labels({0, 0, 1, 0, 1}, {1, 1, 5})));
  }
  CHECK(done(step("AsDiscrete", {{"argmax", value(true)}, {"to_onehot", value(3)}}), {data}).data.sizes() ==
        at::IntArrayRef({3, 1, 5}));
  CHECK(tensor::argmax_channels(at::rand({3, 70, 700}), at::kLong).numel() == 49000);
}

TEST_CASE("argmax of many voxels is at::argmax") {
  const auto data = at::randn({5, 40, 50, 30}).mul_(4).round_();  // with ties
  CHECK(tensor::argmax_channels(data, at::kLong).equal(at::argmax(data, 0, true)));
}

TEST_CASE("post-processing names the argument that does not suit") {
  CHECK_THAT(refusal(step("Activations", {{"sigmoid", value(true)}, {"softmax", value(true)}})),
             Catch::Contains("`softmax` must not be true together with sigmoid"));
  CHECK_THAT(refusal(step("AsDiscrete", {{"rounding", value("up")}})), Catch::Contains("`rounding` is `up`"));
  CHECK_THAT(refusal(step("LabelFilter")), Catch::Contains("`applied_labels` is missing"));
  CHECK_THAT(refusal(step("KeepLargestConnectedComponent", {{"connectivity", value(0)}})),
             Catch::Contains("`connectivity` must be"));
  CHECK_THAT(refusal(step("KeepLargestConnectedComponent", {{"num_components", value(0)}})),
             Catch::Contains("`num_components` must be at least 1"));
}
