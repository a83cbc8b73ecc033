// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/model_answer.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <torch/script.h>

#include <cmath>
#include <utility>

namespace inferad::engine {

namespace {

// What comes back on the grid of the source, as [slice, row, column]; `what` begins the sentence if it does not.
Result<at::Tensor> on_grid(const at::Tensor& prediction, const findings::Geometry& geometry, const char* what) {
  const std::int64_t columns = geometry.columns, rows = geometry.rows, slices = geometry.slices;
  const auto sizes = prediction.sizes();
  const bool flat = slices == 1 && sizes == at::IntArrayRef({1, columns, rows});
  if (flat || sizes == at::IntArrayRef({1, columns, rows, slices}))
    return prediction.to(at::kCPU).view({columns, rows, slices}).permute({2, 1, 0});  // columns fastest
  return Error{Errc::model, fmt::format("{} after postprocessing has shape {}, the image {} x {} x {}: does the recipe "
                                        "end in Invert, and for labels in AsDiscrete?",
                                        what, fmt::streamed(sizes), columns, rows, slices)};
}

// The smallest and the largest value.
Result<std::pair<double, double>> span_of(const at::Tensor& values, const char* what) {
  const auto [least, most] = at::aminmax(values);  // NaN when a value is
  const std::pair span(least.item<double>(), most.item<double>());
  if (std::isfinite(span.first) && std::isfinite(span.second)) return span;
  return Error{Errc::model, fmt::format("{} holds values that are no numbers", what)};
}

}  // namespace

Result<findings::LabelMap> label_map_of(const at::Tensor& prediction, const findings::Geometry& geometry) {
  constexpr const char* kWhat = "the label map";
  INFERAD_TRY(const auto values, on_grid(prediction, geometry, kWhat));
  if (values.scalar_type() != at::kByte) {
    INFERAD_TRY(const auto span, span_of(values, kWhat));
    if (span.first < 0 || span.second > 255)
      return Error{Errc::model, fmt::format("{} holds values outside 0 to 255", kWhat)};
  }
  findings::LabelMap map{geometry.columns, geometry.rows, geometry.slices, {}};
  map.labels.resize(static_cast<std::size_t>(values.numel()));
  torch::from_blob(map.labels.data(), values.sizes(), at::kByte).copy_(values);
  return map;
}

Result<std::vector<float>> voxels_of(const at::Tensor& prediction, const findings::Geometry& geometry) {
  constexpr const char* kWhat = "the image";
  INFERAD_TRY(const auto values, on_grid(prediction, geometry, kWhat));
  if (const auto span = span_of(values, kWhat); !span) return span.error();
  std::vector<float> voxels(static_cast<std::size_t>(values.numel()));
  torch::from_blob(voxels.data(), values.sizes(), at::kFloat).copy_(values);
  return voxels;
}

Result<std::vector<std::uint8_t>> bytes_of(const at::Tensor& fractions, const findings::Geometry& geometry) {
  INFERAD_TRY(const auto values, on_grid(fractions, geometry, "the map of probabilities"));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(values.numel()));
  torch::from_blob(bytes.data(), values.sizes(), at::kByte).copy_(values);
  return bytes;
}

std::vector<double> numbers_of(const at::Tensor& prediction) {
  const auto row = prediction.to(at::kCPU, at::kDouble).flatten().contiguous();
  return {row.data_ptr<double>(), row.data_ptr<double>() + row.numel()};
}

Status add_answer(const at::Tensor& answer, at::Tensor& sum) {
  if (!answer.is_floating_point())
    return Error{Errc::model, "the model gives whole numbers: several answers have no mean, give scores instead"};
  if (sum.defined() && sum.sizes() != answer.sizes()) {
    return Error{Errc::model, fmt::format("answers of shape {} and {} have no mean", fmt::streamed(sum.sizes()),
                                          fmt::streamed(answer.sizes()))};
  }
  sum = sum.defined() ? sum.add_(answer) : answer.to(at::kFloat, false, true);
  return ok();
}

ToPatient to_patient_of(const tensor::Affine& affine) {
  ToPatient map{};
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 4; ++column) map[row][column] = (row < 2 ? -1 : 1) * affine[row][column];
  return map;
}

}  // namespace inferad::engine
