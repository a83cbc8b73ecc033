// SPDX-License-Identifier: Apache-2.0
#include "tests/torch/cases/golden.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "pipelines/recipe/recipe.h"
#include "pipelines/tensor/arguments.h"
#include "pipelines/tensor/transform.h"
#include "tests/torch/cases/inferer.h"

namespace inferad::cases {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.filename().string());
  return {std::istreambuf_iterator<char>(file), {}};
}

at::Tensor read_tensor(const fs::path& folder, const json& description) {
  const auto type = tensor::scalar_type(description.at("dtype").get<std::string>());
  if (!type) throw std::runtime_error("unknown dtype in case.json");
  auto result = at::empty(description.at("shape").get<std::vector<std::int64_t>>(), *type);
  const auto bytes = read_bytes(folder / description.at("file").get<std::string>());
  if (bytes.size() != result.nbytes()) throw std::runtime_error("a raw file does not have the size of its shape");
  std::memcpy(result.data_ptr(), bytes.data(), bytes.size());
  return result;
}

tensor::Affine read_affine(const json& rows) {
  auto result = tensor::kIdentity;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) result[i][j] = rows.at(i).at(j).get<double>();
  return result;
}

template <class T>
T expect(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  return std::move(result).value();
}

std::string shape_text(const at::Tensor& tensor) { return fmt::format("[{}]", fmt::join(tensor.sizes(), ", ")); }

// |a - b| <= abs + rel |b| for all but a fraction of the elements.
Outcome compare(const at::Tensor& got, const at::Tensor& expected, const json& tolerance) {
  if (got.sizes() != expected.sizes())
    return {false, fmt::format("shape {}, expected {}", shape_text(got), shape_text(expected))};
  if (got.scalar_type() != expected.scalar_type())
    return {false, fmt::format("type {}, expected {}", c10::toString(got.scalar_type()),
                               c10::toString(expected.scalar_type()))};
  const double absolute = tolerance.at("abs"), relative = tolerance.at("rel");
  const double fraction = tolerance.at("max_mismatch_fraction");
  const auto a = got.contiguous().to(at::kDouble), b = expected.to(at::kDouble);
  const auto error = (a - b).abs();
  const auto beyond = (error > absolute + relative * b.abs()).logical_or(a.isnan().logical_xor(b.isnan()));
  const auto count = beyond.sum().item<std::int64_t>();
  const double share = static_cast<double>(count) / static_cast<double>(std::max<std::int64_t>(1, a.numel()));
  return {share <= fraction,
          fmt::format("largest error {:.2g} of {:.2g}, {} of {} beyond (at most {:.2g})", error.max().item<double>(),
                      absolute, count, a.numel(), fraction * static_cast<double>(a.numel()))};
}

Outcome compare_affine(Outcome outcome, const tensor::Affine& got, const json& description) {
  if (!description.at("output").contains("affine")) return outcome;
  const auto expected = read_affine(description.at("output").at("affine"));
  double most = 0;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) most = std::max(most, std::abs(got[i][j] - expected[i][j]));
  if (most <= description.value("affine_tolerance", 1e-5)) return outcome;
  return {false, fmt::format("affine differs by {:.2g}; {}", most, outcome.text), outcome.seconds};
}

// MONAI 1.4.0 normalises channels in place, and the input of NormalizeIntensity/sub_div_channel_wise was saved
// afterwards: the file holds the output. What it was follows from the numbers of the step.
bool mend_input(at::Tensor& input, const at::Tensor& expected, const json& description) {
  if (description.at("transform") != "NormalizeIntensity" || description.at("case") != "sub_div_channel_wise" ||
      !input.equal(expected))
    return false;
  const auto& step = description.at("config").at("preprocessing").at("transforms").at(0);
  const auto of_channels = [&](const char* name) {
    return at::tensor(step.at(name).get<std::vector<double>>()).view({-1, 1, 1});
  };
  input = (expected.to(at::kDouble) * of_channels("divisor") + of_channels("subtrahend")).to(at::kFloat);
  return true;
}

Outcome run_transforms(const fs::path& folder, const json& description) {
  const auto recipe = expect(recipe::read_recipe(description.at("config").dump()));
  const auto preprocessing = expect(tensor::make_chain(recipe.preprocessing));
  const auto postprocessing = expect(tensor::make_chain(recipe.postprocessing));
  tensor::Sample sample;
  auto& image = sample[recipe.image_key];
  image.data = read_tensor(folder, description.at("input"));
  image.affine = read_affine(description.at("input").at("affine"));
  const auto pred = description.contains("pred") ? read_tensor(folder, description.at("pred")) : at::Tensor();
  const auto expected = read_tensor(folder, description.at("output"));
  const bool mended = mend_input(image.data, expected, description);
  const auto begin = std::chrono::steady_clock::now();
  expect(tensor::apply(preprocessing, sample));
  if (pred.defined()) {
    sample["pred"].data = pred;
    sample["pred"].affine = image.affine;
    expect(tensor::apply(postprocessing, sample));
  }
  const auto& output = sample.at(description.at("output_key"));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  auto outcome = compare(output.data, expected, description.at("tolerance"));
  outcome.seconds = took.count();
  if (mended) outcome.text += "; the file of the input holds the output, the input was computed from it";
  return compare_affine(std::move(outcome), output.affine, description);
}

Outcome run_inferer(const fs::path& folder, const json& description) {
  const auto step = expect(recipe::read_recipe(json{{"inferer", description.at("inferer")}}.dump())).inferer;
  const auto input = read_tensor(folder, description.at("input"));
  const auto expected = read_tensor(folder, description.at("output"));
  const auto network = load_network(folder / description.at("network").get<std::string>());
  const auto begin = std::chrono::steady_clock::now();
  const auto output = apply_inferer(step, input.unsqueeze(0), network).squeeze(0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  auto outcome = compare(output, expected, description.at("tolerance"));
  outcome.seconds = took.count();
  return outcome;
}

json read_description(const fs::path& folder) { return json::parse(read_bytes(folder / "case.json")); }

}  // namespace

Outcome run_case(const fs::path& folder) {
  try {
    const auto description = read_description(folder);
    return description.contains("config") ? run_transforms(folder, description) : run_inferer(folder, description);
  } catch (const c10::Error& error) {
    return {false, std::string("LibTorch: ") + error.what_without_backtrace()};
  } catch (const std::exception& error) {
    return {false, error.what()};
  }
}

bool is_case(const fs::path& folder) {
  try {
    const auto description = read_description(folder);
    return description.contains("config") || description.contains("inferer");
  } catch (const std::exception&) {
    return true;  // run_case() says what is wrong with it
  }
}

}  // namespace inferad::cases
