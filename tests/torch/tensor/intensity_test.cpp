// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/intensity.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pipelines/tensor/quantile.h"
#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;

namespace {

tensor::Volume made(std::vector<float> values, std::vector<std::int64_t> shape) {
  return {at::tensor(values).reshape(shape)};
}

std::vector<float> after(const recipe::Step& step, tensor::Volume volume) {
  const auto flat = done(step, std::move(volume)).data.to(at::kFloat).contiguous().view(-1);
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

at::Tensor noise(std::int64_t count) {
  auto generator = at::detail::createCPUGenerator(17);
  return at::randn({count}, generator, at::kFloat);
}

}  // namespace

TEST_CASE("quantiles lie between the neighbours in sorted order") {
  const auto ten = at::tensor({9.F, 1.F, 8.F, 2.F, 7.F, 3.F, 6.F, 4.F, 5.F, -10.F});
  CHECK(tensor::numpy_quantiles(ten, {0, 0.25, 0.5, 1}) == std::vector<double>{-10, 2.25, 4.5, 9});
  CHECK(tensor::torch_quantiles(ten, {0, 0.5, 1}) == std::vector<double>{-10, 4.5, 9});
  CHECK(tensor::numpy_quantiles(at::tensor({3}, at::kShort), {0.3}) == std::vector<double>{3});
  CHECK(tensor::numpy_quantiles(at::tensor({1'000'000'007, 5}, at::kLong), {0.5}) == std::vector<double>{500'000'006});
}

TEST_CASE("quantiles of many numbers are those of the sorted numbers") {
  const auto values = noise(1'200'001).mul_(300);
  auto sorted = values.clone();
  std::sort(sorted.data_ptr<float>(), sorted.data_ptr<float>() + sorted.numel());
  const auto* at = sorted.data_ptr<float>();
  CHECK(tensor::numpy_quantiles(values, {0.02, 0.5, 0.98}) == std::vector<double>{at[24000], at[600000], at[1176000]});
  const double between = at[12] + (static_cast<double>(at[13]) - at[12]) * 0.000012;
  CHECK(tensor::numpy_quantiles(values, {0.00001000001}).front() == Approx(between).margin(1e-4));
  CHECK(tensor::numpy_quantiles(values.to(at::kDouble), {0.5}) == std::vector<double>{at[600000]});
}

TEST_CASE("a quantile of numbers with NaN is NaN, and infinite neighbours count only with a weight") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  CHECK(std::isnan(tensor::numpy_quantiles(at::tensor({1.F, nan, 2.F}), {0.5}).front()));
  CHECK(std::isnan(tensor::torch_quantiles(at::tensor({-nan, 1.F}), {0.5}).front()));
  CHECK(tensor::numpy_quantiles(at::tensor({inf, 1.F, 2.F}), {0.5}).front() == 2);
}

TEST_CASE("moments are the population's, also of the non-zero part") {
  const auto all = tensor::moments(at::tensor({0.F, 2.F, 4.F, 0.F}), false);
  CHECK(all.mean == 1.5);
  CHECK(all.deviation == Approx(std::sqrt(2.75)));
  const auto part = tensor::moments(at::tensor({0.F, 2.F, 4.F, 0.F}), true);
  CHECK(part.count == 2);
  CHECK(part.mean == 3);
  CHECK(part.deviation == 1);
  CHECK(tensor::moments(at::full({1000}, 0.1F), false).deviation == 0);
  CHECK(tensor::moments(at::zeros({5}), true).count == 0);
}

TEST_CASE("a range is scaled, and clipped only when asked to") {
  const recipe::Dict range{{"a_min", value(-100)}, {"a_max", value(100)}, {"b_min", value(0)}, {"b_max", value(1)}};
  auto clipped = range;
  clipped["clip"] = value(true);
  CHECK(after(step("ScaleIntensityRange", range), made({-200, 0, 100}, {1, 3})) == std::vector<float>{-0.5, 0.5, 1});
  CHECK(after(step("ScaleIntensityRange", clipped), made({-200, 0, 300}, {1, 3})) == std::vector<float>{0, 0.5, 1});
  CHECK_THAT(refusal(step("ScaleIntensityRange", {{"a_min", value(0)}})), Catch::Contains("`a_max` is missing"));
  CHECK_THAT(refusal(step("ScaleIntensityRange", {{"a_min", value(0)}, {"a_max", value(1)}, {"clip", value(true)}})),
             Catch::Contains("`clip` needs b_min or b_max"));
}

TEST_CASE("integers become float32 unless the step keeps the type") {
  const tensor::Volume volume{at::tensor({0, 5, 10}, at::kShort).reshape({1, 3})};
  CHECK(done(step("ScaleIntensity"), volume).data.scalar_type() == at::kFloat);
  CHECK(after(step("ScaleIntensity"), volume) == std::vector<float>{0, 0.5, 1});
  const recipe::Dict kept{{"dtype", recipe::Value{}}, {"minv", value(0)}, {"maxv", value(100)}};
  const auto same = done(step("ScaleIntensity", kept), volume);
  CHECK(same.data.scalar_type() == at::kShort);
  CHECK(same.data.equal(at::tensor({0, 50, 100}, at::kShort).reshape({1, 3})));
}

TEST_CASE("the input of a step is left as it was") {
  const auto volume = counting({1, 2, 3});
  const auto before = volume.data.clone();
  after(step("NormalizeIntensity", {{"nonzero", value(true)}}), volume);
  after(step("ScaleIntensity"), volume);
  after(step("ThresholdIntensity", {{"threshold", value(2)}}), volume);
  after(step("ClipIntensity", {{"minimum", value(2)}}), volume);
  CHECK(volume.data.equal(before));
}

TEST_CASE("channels are normalised apart when asked to, and zeros stay zero") {
  const auto two = made({0, 1, 3, 10, 10, 10}, {2, 3});
  CHECK(after(step("NormalizeIntensity", {{"channel_wise", value(true)}, {"nonzero", value(true)}}), two) ==
        std::vector<float>{0, -1, 1, 0, 0, 0});
  CHECK(after(step("NormalizeIntensity", {{"subtrahend", value(1)}, {"divisor", value(2)}}), two) ==
        std::vector<float>{-0.5, 0, 1, 4.5, 4.5, 4.5});
  const auto three = step("NormalizeIntensity", {{"channel_wise", value(true)}, {"divisor", list({1, 2, 3})}});
  tensor::Sample sample{{"image", two}};
  const auto status = (*tensor::make_transform(three))->apply(sample);
  REQUIRE_FALSE(status);
  CHECK_THAT(status.error().what, Catch::Contains("2 channels, but 3 numbers"));
}

TEST_CASE("a threshold fills what is not kept, NaN too") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(after(step("ThresholdIntensity", {{"threshold", value(2)}, {"cval", value(-1)}}),
              made({1, 2, 3, nan}, {1, 4})) == std::vector<float>{-1, -1, 3, -1});
}

TEST_CASE("quantile scaling clips to its target") {
  const recipe::Dict arguments{{"lower", value(0.25)}, {"upper", value(0.75)}};
  CHECK(after(step("ScaleIntensityQuantiles", arguments), counting({1, 5})) == std::vector<float>{0, 0, 0.5, 1, 1});
  auto beyond = arguments;
  beyond["clip"] = value(false);
  CHECK(after(step("ScaleIntensityQuantiles", beyond), counting({1, 5})) == std::vector<float>{-0.5, 0, 0.5, 1, 1.5});
  CHECK_THAT(refusal(step("ScaleIntensityQuantiles", {{"lower", value(2)}, {"upper", value(98)}})),
             Catch::Contains("`lower` must be between 0 and 1"));
}

TEST_CASE("a VOI window maps as DICOM says") {
  const auto window = [](const char* function, double center, double width) {
    return step("VoiWindow", {{"center", value(center)}, {"width", value(width)}, {"function", value(function)}});
  };
  // C.11.2.1.2: with centre 2048 and width 4096, 0 is black and 4095 white.
  CHECK(after(window("LINEAR", 2048, 4096), made({-1, 0, 4095, 4096}, {1, 4})) == std::vector<float>{0, 0, 1, 1});
  CHECK(after(window("LINEAR", 2048, 4096), made({819}, {1, 1})).front() == Approx(0.2));
  CHECK(after(window("LINEAR", 1, 1), made({0, 0.5, 0.75, 1}, {1, 4})) == std::vector<float>{0, 0, 1, 1});
  CHECK(after(window("LINEAR_EXACT", 0, 100), made({-50, 0, 50}, {1, 3})) == std::vector<float>{0, 0.5, 1});
  const auto curve = after(window("SIGMOID", 10, 4), made({10, 12}, {1, 2}));
  CHECK(curve[0] == 0.5F);
  CHECK(curve[1] == Approx(1 / (1 + std::exp(-2.0))));
  CHECK_THAT(refusal(window("LINEAR", 0, 0.5)), Catch::Contains("`width` must be at least 1"));
  CHECK_THAT(refusal(window("CUBIC", 0, 1)), Catch::Contains("`function` is `CUBIC`"));
}

TEST_CASE("MONOCHROME1 is turned over, grey becomes three channels, each gets its own mean and deviation") {
  CHECK(after(step("InvertIntensity"), made({0, 0.25, 1}, {1, 3})) == std::vector<float>{1, 0.75, 0});
  const auto three = done(step("RepeatChannel", {{"repeats", value(3)}}), made({1, 3}, {1, 2}));
  CHECK(three.data.sizes() == at::IntArrayRef({3, 2}));
  CHECK(after(step("NormalizeMeanDeviation", {{"mean", list({1, 2, 3})}, {"std", list({1.0, 2.0, 0.5})}}), three) ==
        std::vector<float>{0, 2, -0.5, 0.5, -4, 0});
  CHECK(after(step("ClipIntensity", {{"minimum", value(-1024)}, {"maximum", value(3071)}}),
              made({-2000, 0, 5000}, {1, 3})) == std::vector<float>{-1024, 0, 3071});
  CHECK(after(step("ShiftIntensity", {{"offset", value(1024)}}), made({-1024, 0}, {1, 2})) ==
        std::vector<float>{0, 1024});
}

TEST_CASE("an image is resized with a filter as wide as the step, as LibTorch does it") {
  struct Case {
    std::int64_t rows, columns, to_rows, to_columns;
  };
  // LibTorch 2.6 takes one row for all when only the columns end as one.
  for (const auto& [rows, columns, to_rows, to_columns] :
       {Case{371, 418, 45, 44}, {100, 77, 224, 300}, {55, 600, 55, 13}, {7, 5, 1, 1}, {2, 3, 9, 2}}) {
    const auto image = noise(2 * rows * columns).view({2, columns, rows}).transpose(1, 2);  // not contiguous
    const auto made = done(
        step("ResizeAntialiasing", {{"spatial_size", list({static_cast<int>(to_rows), static_cast<int>(to_columns)})}}),
        {image});
    const auto expected = at::_upsample_bilinear2d_aa(image.unsqueeze(0), {to_rows, to_columns}, false).squeeze(0);
    INFO(rows << " x " << columns << " to " << to_rows << " x " << to_columns);
    REQUIRE(made.data.sizes() == expected.sizes());
    CHECK((made.data - expected).abs().max().item<double>() < 1e-4);  // LibTorch's places are float32
  }
}
