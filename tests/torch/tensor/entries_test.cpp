// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "pipelines/recipe/recipe.h"
#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;

namespace {

recipe::Step lambda(const std::string& source) {
  const auto read = recipe::read_recipe(R"({"preprocessing": {"_target_": "Compose", "transforms": [
      {"_target_": "Lambdad", "keys": "image", "func": "$lambda x: )" +
                                        source + R"("}]}})");
  if (!read) FAIL(read.error().what);
  return read->preprocessing.front();
}

at::Tensor of(const std::string& source, const at::Tensor& x) { return done(lambda(source), {x}).data; }

std::string failure(const std::string& source, const at::Tensor& x) {
  const auto transform = tensor::make_transform(lambda(source));
  if (!transform) return transform.error().what;
  tensor::Sample sample{{"image", {x}}};
  const auto status = (*transform)->apply(sample);
  return status ? "" : status.error().what;
}

}  // namespace

TEST_CASE("a function cuts a tensor as torch does") {
  const auto x = at::arange(24, at::kFloat).reshape({2, 3, 4});
  CHECK(of("x[1:]", x).equal(x.slice(0, 1)));
  CHECK(of("x[-1]", x).equal(x[1]));
  CHECK(of("x[[1, 0]]", x).equal(x.flip(0)));
  CHECK(of("x[[-1]]", x).equal(x.slice(0, 1)));
  CHECK(of("x[0, ..., 1:4:2]", x).equal(x[0].slice(1, 1, 4, 2)));
  CHECK(of("x[..., 0]", x).equal(x.select(2, 0)));
  CHECK(of("x[:, None, 0]", x).equal(x.select(1, 0).unsqueeze(1)));
  CHECK_THAT(failure("x[0, 0, 0, 0]", x), Catch::Contains("4 indices for a tensor of 3 axes"));
  CHECK_THAT(failure("x[[0], :, [1]]", x), Catch::Contains("not supported"));
}

TEST_CASE("a function computes as torch does, its numbers take the tensor's type") {
  const auto x = at::tensor({-1.5F, 0.F, 2.F});
  CHECK(of("x * 2 + 1", x).equal(at::tensor({-2.F, 1.F, 5.F})));
  CHECK(of("1 - x", x).equal(at::tensor({2.5F, 1.F, -1.F})));
  CHECK(of("-x ** 2", x).equal(at::tensor({-2.25F, -0.F, -4.F})));
  CHECK(of("x // 2", x).equal(at::tensor({-1.F, 0.F, 1.F})));
  CHECK(of("(x > 0) | (x < -1)", x).equal(at::tensor({1, 0, 1}).to(at::kBool)));
  CHECK(of("~(x == 0)", x).equal(at::tensor({1, 0, 1}).to(at::kBool)));
  const auto bytes = at::tensor({1, 2, 3}, at::kByte);
  CHECK(of("x + 1", bytes).scalar_type() == at::kByte);
  CHECK(of("x / 2", bytes).scalar_type() == at::kFloat);
  CHECK(of("x * 0.5", bytes).equal(at::tensor({0.5F, 1.F, 1.5F})));
}

TEST_CASE("torch.where and torch.nan_to_num choose values and types") {
  const auto x = at::tensor({-1.F, 2.F});
  CHECK(of("torch.where(x > 0, 4, 1)", x).equal(at::tensor({1, 4}, at::kLong)));
  CHECK(of("torch.where(x > 0, x, 0)", x).equal(at::tensor({0.F, 2.F})));
  CHECK(of("torch.where(x > 0, 0.5, torch.where(x < 0, 7, 0))", x).equal(at::tensor({7.F, 0.5F})));
  CHECK(of("torch.where(x > 0, x, x > 5)", x).equal(at::tensor({0.F, 2.F})));
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const auto odd = at::tensor({nan, inf, -inf});
  CHECK(of("torch.nan_to_num(x, nan=255, neginf=-2, posinf=3)", odd).equal(at::tensor({255.F, 3.F, -2.F})));
  CHECK(of("torch.nan_to_num(x, 1)", odd)[0].item<float>() == 1);
}

TEST_CASE("a lambda must be a function of tensors") {
  CHECK_THAT(refusal(step("Lambda", {{"func", value("x")}})), Catch::Contains("`func` must be a function"));
  CHECK_THAT(refusal(step("Lambda")), Catch::Contains("`func` is missing"));
  auto kept = lambda("x");
  kept.arguments["overwrite"] = value(false);
  CHECK_THAT(refusal(kept), Catch::Contains("`overwrite` must be true"));
}

TEST_CASE("entries are joined along the channels and removed") {
  tensor::Sample sample{{"a", counting({1, 2, 2})}, {"b", counting({2, 2, 2})}};
  sample.at("a").affine[0][3] = 7;
  REQUIRE((*tensor::make_transform(step("ConcatItems", {{"name", value("both")}}, {"a", "b"})))->apply(sample));
  CHECK(sample.at("both").data.sizes() == at::IntArrayRef({3, 2, 2}));
  CHECK(sample.at("both").affine[0][3] == 7);
  REQUIRE((*tensor::make_transform(step("DeleteItems", {}, {"a", "c"})))->apply(sample));
  CHECK(sample.size() == 2);
  const auto status = (*tensor::make_transform(step("ConcatItems", {{"name", value("x")}}, {"a"})))->apply(sample);
  REQUIRE_FALSE(status);
  CHECK_THAT(status.error().what, Catch::Contains("there is no entry `a`"));
}
