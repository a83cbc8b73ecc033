// SPDX-License-Identifier: Apache-2.0
// Steps and volumes for the tests of pipelines/tensor.
#pragma once

#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <string>

#include "pipelines/tensor/transform.h"

namespace inferad::testing {

inline recipe::Value value(bool is) { return {is}; }
inline recipe::Value value(int is) { return {std::int64_t{is}}; }
inline recipe::Value value(double is) { return {is}; }
inline recipe::Value value(const char* is) { return {std::string(is)}; }
template <class T>
recipe::Value list(std::initializer_list<T> items) {
  recipe::List result;
  for (const auto& item : items) result.push_back(value(item));
  return {std::move(result)};
}

inline recipe::Step step(std::string target, recipe::Dict arguments = {}, std::vector<std::string> keys = {"image"}) {
  return {std::move(target), std::move(keys), std::move(arguments), "preprocessing#transforms#0"};
}

// 0, 1, 2, … in C order.
inline tensor::Volume counting(std::vector<std::int64_t> shape) {
  std::int64_t count = 1;
  for (const auto n : shape) count *= n;
  return {at::arange(count, at::kFloat).reshape(shape)};
}

// The entry "image" after one step on `volume`.
inline tensor::Volume done(const recipe::Step& step, tensor::Volume volume) {
  const auto transform = tensor::make_transform(step);
  if (!transform) FAIL(transform.error().what);
  tensor::Sample sample{{"image", std::move(volume)}};
  const auto status = (*transform)->apply(sample);
  if (!status) FAIL(status.error().what);
  return sample.at("image");
}

inline std::string refusal(const recipe::Step& step) {
  const auto transform = tensor::make_transform(step);
  return transform ? "" : transform.error().what;
}

}  // namespace inferad::testing
