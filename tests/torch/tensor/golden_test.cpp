// SPDX-License-Identifier: Apache-2.0
// Golden vectors made with the real MONAI, when they lie beside the repository: transforms of values, and inferers.
#include <torch/script.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pipelines/recipe/recipe.h"
#include "pipelines/tensor/arguments.h"
#include "pipelines/tensor/inferer.h"
#include "tests/torch/tensor/made.h"

using namespace inferad;
using namespace inferad::testing;
using nlohmann::json;

namespace {

std::filesystem::path shared(const std::string& name) {
  const auto path = std::filesystem::path(INFERAD_SHARED_DIR) / "data" / "monai" / name;
  if (!std::filesystem::exists(path)) std::cout << "SKIPPED: no " << name << " beside the repository\n";
  return path;
}

std::string bytes_of(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

at::Tensor read(const std::filesystem::path& folder, const json& what) {
  auto bytes = bytes_of(folder / what["file"].get<std::string>());
  const auto type = tensor::scalar_type(what["dtype"].get<std::string>());
  REQUIRE(type);
  const auto shape = what["shape"].get<std::vector<std::int64_t>>();
  auto tensor = at::from_blob(bytes.data(), shape, at::TensorOptions().dtype(*type)).clone();
  REQUIRE(bytes.size() == tensor.nbytes());
  return tensor;
}

void check_close(const at::Tensor& found, const at::Tensor& expected, const json& tolerance) {
  REQUIRE(found.sizes() == expected.sizes());
  CHECK(found.scalar_type() == expected.scalar_type());
  const auto a = found.to(at::kDouble), b = expected.to(at::kDouble);
  const auto allowed = b.abs() * tolerance["rel"].get<double>() + tolerance["abs"].get<double>();
  const auto worse = ((a - b).abs() <= allowed).logical_not().sum().item<double>();
  INFO("largest difference " << (a - b).abs().max().item<double>());
  CHECK(worse <= tolerance["max_mismatch_fraction"].get<double>() * static_cast<double>(b.numel()));
}

// MONAI normalises channels in place, and the input of this case was saved afterwards: it is the output. What it was
// follows from the numbers of the step.
at::Tensor before_normalizing(const at::Tensor& output, const json& step) {
  const auto of = [&](const char* name) {
    return at::tensor(step[name].get<std::vector<double>>()).view({-1, 1, 1}).to(at::kDouble);
  };
  return (output.to(at::kDouble) * of("divisor") + of("subtrahend")).to(at::kFloat);
}

at::Tensor input_of(const std::filesystem::path& folder, const json& file) {
  auto input = read(folder, file["input"]);
  if (file["transform"] != "NormalizeIntensity" || file["case"] != "sub_div_channel_wise") return input;
  const auto output = read(folder, file["output"]);
  if (!input.equal(output)) return input;  // mended
  return before_normalizing(output, file["config"]["preprocessing"]["transforms"][0]);
}

void run_transform(const std::filesystem::path& folder) {
  const auto file = json::parse(bytes_of(folder / "case.json"));
  const auto recipe = recipe::read_recipe(file["config"].dump());
  if (!recipe) FAIL(recipe.error().what);
  const auto chain = tensor::make_chain(recipe->preprocessing);
  if (!chain) FAIL(chain.error().what);
  tensor::Sample sample{{"image", {input_of(folder, file)}}};
  const auto status = tensor::apply(*chain, sample);
  if (!status) FAIL(status.error().what);
  check_close(sample.at(file["output_key"]).data, read(folder, file["output"]), file["tolerance"]);
}

void run_inferer(const std::filesystem::path& folder) {
  const auto file = json::parse(bytes_of(folder / "case.json"));
  const auto recipe = recipe::read_recipe(json{{"inferer", file["inferer"]}}.dump());
  if (!recipe) FAIL(recipe.error().what);
  const auto inferer = tensor::make_inferer(recipe->inferer);
  if (!inferer) FAIL(inferer.error().what);
  auto module = torch::jit::load(folder / file["network"].get<std::string>());
  module.eval();
  std::int64_t most = 0;
  const auto network = [&](const at::Tensor& input) {
    most = std::max(most, input.size(0));
    return module.forward({input}).toTensor();
  };
  const auto output = tensor::infer(*inferer, read(folder, file["input"]).unsqueeze(0), network);
  if (!output) FAIL(output.error().what);
  check_close(output->squeeze(0), read(folder, file["output"]), file["tolerance"]);
  CHECK(most <= file["inferer"].value("sw_batch_size", 1));
}

int run_all(const std::filesystem::path& root, void (*run)(const std::filesystem::path&)) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (!std::filesystem::exists(entry.path() / "case.json")) continue;
    ++count;
    CAPTURE(entry.path().string());
    run(entry.path());
  }
  return count;
}

}  // namespace

TEST_CASE("transforms of values give what MONAI gives") {
  const auto root = shared("cases");
  if (!std::filesystem::exists(root)) return;
  int count = 0;
  for (const auto* name : {"Activations", "AsDiscrete", "FillHoles", "KeepLargestConnectedComponent", "LabelFilter",
                           "Lambda", "NormalizeIntensity", "RemoveSmallObjects", "ScaleIntensity",
                           "ScaleIntensityRange", "ScaleIntensityRangePercentiles", "ThresholdIntensity"})
    count += run_all(root / name, run_transform);
  CHECK(count == 39);
}

TEST_CASE("inferers give what MONAI gives") {
  const auto root = shared("sliding_window");
  if (!std::filesystem::exists(root)) return;
  CHECK(run_all(root, run_inferer) == 16);
}
