// SPDX-License-Identifier: Apache-2.0
// The report of a network that makes an image.
#include <catch2/catch.hpp>

#include "pipelines/engine/model_report.h"

using namespace inferad;
using namespace inferad::engine;

namespace {

Result<ModelReport> report(std::vector<float> voxels) {
  findings::Image image;
  image.geometry.columns = 2, image.geometry.rows = 2, image.geometry.slices = 1;
  recipe::PipelineFile pipeline;
  pipeline.output =
      recipe::ImageOutput{"dose", "Dose", {"DOSE", "99INFERAD", "Dose"}, {"Gy", "UCUM", "gray"}, recipe::Range{0, 80}};
  ModelOutput output;
  output.voxels = std::move(voxels);
  return report_model({}, std::move(output), std::span(&image, 1), pipeline, {}, 1);
}

}  // namespace

TEST_CASE("a made image is an item without a claim, and a file whose hash is told when it is written") {
  const auto made = report({0, 1.5F, 60, 80});
  REQUIRE(made);
  REQUIRE(made->findings.items.size() == 1);
  CHECK(made->findings.items[0].presence == findings::Presence::measured);
  CHECK(made->findings.items[0].explanation == "Dose from 0 to 80 Gy, written as the file dose.nii.");
  REQUIRE(made->findings.files.size() == 1);
  CHECK(made->findings.files[0].name == "dose.nii");
  CHECK(made->voxels.size() == 4);
}

TEST_CASE("an image that is not on the grid of its source, or out of range, is the model's mistake") {
  CHECK(report({1, 2, 3}).error().code == Errc::model);
  CHECK(report({0, 1, 2, 80.5F}).error().what == "the model gave 80.5 in dose, outside its range");
  CHECK(report({0, -1, 2, 3}).error().what == "the model gave -1 in dose, outside its range");
}
