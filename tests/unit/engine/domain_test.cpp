// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/domain.h"

#include <catch2/catch.hpp>
#include <limits>
#include <vector>

using inferad::engine::outside_domain;
using inferad::recipe::Intensity;

namespace {

const std::vector<float> kValues = {-1000, -1000, -1000, -1000, 0, 10, 20, 30, 40, 50};  // mean -385

std::string said(const Intensity& asked, const std::vector<float>& values = kValues) {
  return outside_domain(values, asked, "the model").value_or("");
}

Intensity mean_within(double least, double most) {
  Intensity asked;
  asked.mean = {least, most};
  return asked;
}

}  // namespace

TEST_CASE("a mean is inside up to its bounds") {
  CHECK(said(mean_within(-385, -385)) == "");
  CHECK(said(mean_within(-384.9, 0)) == "Outside the model's domain: mean -385, the model accepts -384.9 to 0.");
  CHECK(said(mean_within(-1000, -385.1)) != "");
  CHECK(said({}) == "");
}

TEST_CASE("only values above a limit count where the card says so") {
  auto asked = mean_within(25, 25);  // of 0, 10 … 50
  asked.above = -900;
  CHECK(said(asked) == "");
  asked.standard_deviation.most = 17.0;  // it is 17.08
  CHECK(said(asked) == "Outside the model's domain: standard deviation 17.08, the model accepts at most 17.");
  asked.above = 50;
  CHECK(said(asked) == "Outside the model's domain: no value is above 50.");
}

TEST_CASE("percentiles are numpy's, and everything outside is told") {
  Intensity asked;
  asked.percentiles = {{50, {4.9, 5.1}}, {95, {45.4, 45.6}}};  // numpy.percentile: 5 and 45.5
  CHECK(said(asked) == "");
  asked.percentiles = {{5, {{}, -1000.5}}, {50, {6, {}}}};
  CHECK(said(asked) ==
        "Outside the model's domain: percentile 5 -1000, the model accepts at most -1000.5; percentile 50 5, the model "
        "accepts at least 6.");
}

TEST_CASE("a value that is no number is outside, whatever is asked for") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto values = kValues;
    values[3] = bad;
    CHECK(said(mean_within(-1e9, 1e9), values) == "Outside the model's domain: 1 values are no numbers.");
    Intensity asked;
    asked.above = 0;
    asked.percentiles = {{50, {-1e9, 1e9}}};
    CHECK(said(asked, values) != "");
  }
  CHECK(said({}, {std::numeric_limits<float>::quiet_NaN()}) == "");  // nothing is asked for
}
