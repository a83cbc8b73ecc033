// SPDX-License-Identifier: Apache-2.0
#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;

TEST_CASE("a transform that nobody knows is refused by its name and place") {
  CHECK(refusal(step("RandFlip")) == "preprocessing#transforms#0: transform `RandFlip` is not supported");
  CHECK_FALSE(tensor::knows_transform("RandFlip"));
  CHECK(tensor::knows_transform("CastToType"));
}

TEST_CASE("arguments that are unknown, missing or of a wrong kind are refused by name") {
  CHECK(refusal(step("CastToType", {{"colour", value("red")}})) ==
        "preprocessing#transforms#0: CastToType: argument `colour` is not supported");
  CHECK_THAT(refusal(step("CastToType", {{"dtype", value("complex64")}})), Catch::Contains("`dtype` is `complex64`"));
  CHECK_THAT(refusal(step("SqueezeDim", {{"dim", value(0.5)}})), Catch::Contains("`dim` must be an integer"));
  CHECK_THAT(refusal(step("LoadImage", {{"converter", value("x")}})), Catch::Contains("`converter` is not supported"));
  CHECK_THAT(refusal(step("SqueezeDim", {}, {})), Catch::Contains("names no keys"));
}

TEST_CASE("a list with one value for each key gives each key its own") {
  const auto cast = step("CastToType", {{"dtype", list({"uint8", "int64"})}}, {"a", "b"});
  tensor::Sample sample{{"a", counting({1, 2, 2})}, {"b", counting({1, 2, 2})}};
  REQUIRE((*tensor::make_transform(cast))->apply(sample));
  CHECK(sample.at("a").data.scalar_type() == at::kByte);
  CHECK(sample.at("b").data.scalar_type() == at::kLong);
}

TEST_CASE("an entry that is not there is an error unless the step allows it") {
  tensor::Sample sample{{"image", counting({1, 2, 2})}};
  const auto strict = (*tensor::make_transform(step("CastToType", {}, {"image", "other"})))->apply(sample);
  REQUIRE_FALSE(strict);
  CHECK(strict.error().code == Errc::model);
  CHECK(strict.error().what == "preprocessing#transforms#0: CastToType: there is no entry `other`");
  const auto lenient = step("CastToType", {{"allow_missing_keys", value(true)}}, {"image", "other"});
  CHECK((*tensor::make_transform(lenient))->apply(sample));
}

TEST_CASE("a chain does its steps in order and names the one that failed") {
  auto chain = tensor::make_chain({step("CastToType", {{"dtype", value("uint8")}}), step("SqueezeDim")});
  REQUIRE(chain);
  tensor::Sample sample{{"image", counting({1, 2, 3})}};
  REQUIRE(tensor::apply(*chain, sample));
  CHECK(sample.at("image").data.sizes() == at::IntArrayRef({2, 3}));
  CHECK(sample.at("image").data.scalar_type() == at::kByte);
  const auto again = tensor::apply(*chain, sample);
  REQUIRE_FALSE(again);
  CHECK_THAT(again.error().what, Catch::StartsWith("preprocessing#transforms#0: SqueezeDim:"));
}
