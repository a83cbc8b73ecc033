// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/script_model.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using namespace inferad::engine;

namespace {

std::string shipped_source() {
  std::ostringstream text;
  text << std::ifstream(std::string(INFERAD_SOURCE_DIR) + "/models/lung-topology/model.py").rdbuf();
  return text.str();
}

std::string compile_error(const std::string& source) {
  const auto model = ScriptModel::compile(source, "m", "cpu");
  return model ? "" : model.error().what;
}

// What forward gives for a small image: an error text, or "".
std::string run_error(const std::string& source) {
  const auto model = ScriptModel::compile(source, "m", "cpu");
  REQUIRE(model);
  const auto image = testing::empty_image(8, 6, 4, {1, 1, 1}, -800);
  const auto classes = model->classify(image, [](double) {});
  if (!classes) CHECK(classes.error().code == Errc::model);
  return classes ? "" : classes.error().what;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the shipped model gives each voxel the class of its attenuation") {
  const auto model = ScriptModel::compile(shipped_source(), "lung-topology", "cpu");
  REQUIRE(model);
  auto image = testing::empty_image(9, 9, 9, {1, 1, 1}, 0);
  const float values[] = {40, -300, -500, -860, -930, -960, -1000, -2000, 3000};
  const std::uint8_t expected[] = {0, 1, 2, 3, 4, 5, 6, 255, 0};
  for (std::size_t n = 0; n < image.voxels.size(); ++n) image.voxels[n] = values[n / 81];
  std::vector<double> told;
  const auto classes = model->classify(image, [&](double fraction) { told.push_back(fraction); });
  REQUIRE(classes);
  for (std::size_t n = 0; n < classes->size(); ++n) REQUIRE((*classes)[n] == expected[n / 81]);
  CHECK(told.back() == 1);
}

TEST_CASE("one loud pixel makes no hole in a lung, and padding does not leak into its neighbours") {
  const auto model = ScriptModel::compile(shipped_source(), "lung-topology", "cpu");
  REQUIRE(model);
  auto image = testing::empty_image(9, 9, 1, {1, 1, 1}, -860);
  image.voxels[40] = -200;
  image.voxels[80] = -3000;
  const auto classes = *model->classify(image, [](double) {});
  for (std::size_t n = 0; n < 80; ++n) REQUIRE(classes[n] == 3);
  CHECK(classes[80] == 255);
}

TEST_CASE("slices in several slabs are those of one") {
  const auto model = ScriptModel::compile(shipped_source(), "lung-topology", "cpu");
  REQUIRE(model);
  auto image = testing::empty_image(512, 512, 37, {1, 1, 1}, 0);  // a slab has 16
  for (std::size_t n = 0; n < image.voxels.size(); ++n)
    image.voxels[n] = static_cast<float>((n * 7919) % 1100) - 1050.0F;
  const auto all = *model->classify(image, [](double) {});
  const std::size_t plane = 512 * 512;
  for (const std::size_t k : {0U, 15U, 16U, 36U}) {
    auto one = testing::empty_image(512, 512, 1, {1, 1, 1}, 0);
    std::copy_n(image.voxels.begin() + static_cast<std::ptrdiff_t>(k * plane), plane, one.voxels.begin());
    const auto single = *model->classify(one, [](double) {});
    CHECK(std::equal(single.begin(), single.end(), all.begin() + static_cast<std::ptrdiff_t>(k * plane)));
  }
}

TEST_CASE("text that is no model is refused with the place") {
  CHECK(contains(compile_error("def forward(self, hu: Tensor) -> Tensor:\n    return hu +\n"), "does not compile"));
  CHECK(contains(compile_error("def other(self, hu: Tensor) -> Tensor:\n    return hu\n"), "no method forward"));
  CHECK(contains(compile_error("import os\n"), "does not compile"));
  CHECK_FALSE(compile_error(std::string(1000, '(')).empty());
}

TEST_CASE("a model that fails or answers something else is an error, and the next call works") {
  CHECK(run_error("def forward(self, hu: Tensor) -> Tensor:\n    return (hu < 0).to(0)\n").empty());
  CHECK(contains(run_error("def forward(self, hu: Tensor) -> Tensor:\n    return hu\n"), "another type or shape"));
  CHECK(contains(run_error("def forward(self, hu: Tensor) -> Tensor:\n    return (hu < 0).to(0)[0]\n"),
                 "another type or shape"));
  CHECK(contains(run_error("def forward(self, hu: Tensor) -> int:\n    return 1\n"), "no tensor"));
  CHECK(contains(run_error("def forward(self, hu: Tensor) -> Tensor:\n    assert hu.size(0) < 0\n    return hu\n"),
                 "failed"));
  CHECK(contains(run_error("def forward(self, hu: Tensor, more: Tensor) -> Tensor:\n    return hu\n"), "failed"));
}
